"""What hbmcp needs for some of its settings alone, and is installed without."""


def install(extra: str) -> str:
    """The command that adds it, from hbmcp's own folder: by its bare name an index would give whatever bears that."""
    return f".venv/bin/pip install -c constraints.txt -e '.[{extra}]'"


def advice(extra: str) -> str:
    """What to do where it is missing."""
    return f"Install it, in hbmcp's folder: {install(extra)}"
