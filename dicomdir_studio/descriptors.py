"""Keeps files from standing where a program prints: standard streams that were closed.

Whoever starts a program with ``2>&-`` leaves a number free that the next file opened gets.
A warning of the C library, or of a program that we start, would then be written into an
instance.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_READ: Final = os.O_RDONLY
# What is printed on a closed standard output is an error, as of any program; on Windows a
# program without a console has none.
_NOWHERE: Final = os.O_WRONLY if sys.platform == "win32" else os.O_RDONLY
_STREAMS: Final = (("stdin", _READ), ("stdout", _NOWHERE), ("stderr", os.O_WRONLY))


def fill_standard_streams() -> None:
    """Open something harmless in place of each standard stream that is closed."""
    for number, (name, flags) in enumerate(_STREAMS):
        if not _is_open(number):
            opened = os.open(os.devnull, flags)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = open(  # noqa: SIM115 - it stays as long as the program
                number, mode, encoding="utf-8", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, stream)


def _is_open(number: int) -> bool:
    """Return whether a descriptor is in use."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
