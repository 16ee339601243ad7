"""Loads the engine, whose allocator (mimalloc) reads its options from the environment when it is loaded.

By default it has the kernel back its memory with pages of 2 MiB, of which an attack on small images uses a half: its memory would be twice as large.
"""

import os

_OPTION = "MIMALLOC_ARENA_EAGER_COMMIT"

if _OPTION in os.environ:
    from . import _doubleback
else:
    os.environ[_OPTION] = "0"
    try:
        from . import _doubleback  # noqa: F401
    finally:
        # It is meant for nobody else.
        del os.environ[_OPTION]
