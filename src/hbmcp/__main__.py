"""python -m hbmcp"""

from hbmcp.cli import main

if __name__ == "__main__":
    main()
