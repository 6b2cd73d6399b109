"""What the program is about, as values: standard library only, no I/O beyond reading file headers."""
