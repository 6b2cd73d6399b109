"""What strokes, fills and selections are made of: tips, paths, exact coverage, composition of colour."""
