"""One module per tag: each function makes the request of one operation."""
