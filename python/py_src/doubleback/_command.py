"""The console script ``doubleback``: the command line, in this process."""

from __future__ import annotations

import shutil
import sys
import sysconfig

from . import _doubleback


def _script() -> str | None:
    """The console script, which a command starts for further commands."""
    started = sys.argv[0]
    by_name = None if started.endswith(".py") else shutil.which(started)
    return by_name or shutil.which("doubleback", path=sysconfig.get_path("scripts"))


def main() -> None:
    """Runs the command that the program's arguments ask for, and ends the program with its status."""
    sys.stdout.flush()
    sys.exit(_doubleback.command(["doubleback", *sys.argv[1:]], _script()))
