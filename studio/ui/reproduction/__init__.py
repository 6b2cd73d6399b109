"""A picture made again by what its file says, and compared with it."""
