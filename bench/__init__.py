"""`make bench`: this server beside others, on one machine, in one run. Nothing here is part of the package."""
