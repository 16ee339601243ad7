"""``python -m doubleback``: the same as the console script."""

import sys

from . import _doubleback

if __name__ == "__main__":
    sys.exit(_doubleback.command(["doubleback", *sys.argv[1:]], None))
