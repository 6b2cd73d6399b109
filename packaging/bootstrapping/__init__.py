"""What ``packaging/bootstrap.py`` does once it runs under a supported Python. Standard library only."""
