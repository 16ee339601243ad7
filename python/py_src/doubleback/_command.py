"""The console script ``doubleback``: the command line, in this process."""

from __future__ import annotations

import shutil
import sys

from . import _doubleback


def main() -> None:
    """Runs the command that the program's arguments ask for, and ends the program with its status."""
    program = shutil.which(sys.argv[0])
    sys.stdout.flush()
    sys.exit(_doubleback.command(["doubleback", *sys.argv[1:]], program))
