"""``python -m doubleback``: the same as the console script."""

from ._command import main

if __name__ == "__main__":
    main()
