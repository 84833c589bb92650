"""What lies in a new installation's folder: small controllers and a script, as examples to copy and configure.

They are read, listed and validated against; without bots, nothing runs them. What is saved over them is never imported.
"""
