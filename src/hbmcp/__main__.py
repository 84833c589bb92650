"""python -m hbmcp, and the console script."""

import sys

from hbmcp import INTERRUPTED


def main() -> None:
    """The command line, which Ctrl-C ends without a traceback while it is still being imported, too."""
    try:
        from hbmcp.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
