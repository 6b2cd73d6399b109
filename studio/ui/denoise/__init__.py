"""A picture's way from noise, looked at afterwards, and turned elsewhere."""
