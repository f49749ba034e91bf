"""Retries reading from failing media: a worn disc or a loose plug often fails only once."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, TypeVar

from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Callable

    Result = TypeVar("Result")

TRIES: Final = 3
_FAILING: Final = frozenset(
    getattr(errno, name)
    for name in ("EIO", "ENXIO", "ENODATA", "EILSEQ", "EBADMSG", "ESTALE")
    if hasattr(errno, name)
)

TRY_ELSEWHERE: Final = said("Clean the medium, or try it in another drive")
"""What helps where it fails every time."""


def medium_fails(error: BaseException | None) -> bool:
    """Return whether an error, or the one that it came from, is a failing medium's."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FAILING:
            return True
        error = error.__cause__
    return False


def reread(read: Callable[[], Result]) -> Result:
    """Return what `read` returns, which is called again while the medium fails.

    Raises
    ------
    Exception
        What `read` raised the last time, or at once if it is not the medium's failing.
    """
    for _ in range(TRIES - 1):
        try:
            return read()
        except Exception as error:
            if not medium_fails(error):
                raise
    return read()
