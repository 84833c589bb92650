"""A folder for sys.path."""
