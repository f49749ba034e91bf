"""File IDs: what conforms, and how new ones are named (PS3.10 8.2, 8.5; PS3.3 F.3.2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import PurePath

MAX_COMPONENTS = 8
"""Most components of a File ID (PS3.10 8.2)."""

COMPONENT_LENGTH = 8
"""Most characters of a component (PS3.10 8.2)."""

RESERVED = "DICOMDIR"
"""The File ID of the Media Storage Directory, which no other file may have (PS3.10 8.6)."""

# PS3.10 8.5 allows J too; generated names leave it out as the reference API does.
_DIGITS = "0123456789"
_DIGITS_AND_LETTERS = "0123456789ABCDEFGHIKLMNOPQRSTUVWXYZ"

_is_text = re.compile(r"[A-Z0-9_]*").fullmatch
_is_component = re.compile(rf"[A-Z0-9_]{{1,{COMPONENT_LENGTH}}}").fullmatch


def is_component(text: str) -> bool:
    """Return whether a text may be a component of a File ID (PS3.10 8.2, 8.5)."""
    return _is_component(text) is not None


def is_conformant_file_id(path: PurePath) -> bool:
    """Return whether a path, relative to the root of its File-set, is a conformant File ID.

    Parameters
    ----------
    path : pathlib.PurePath
        The path to judge.

    Returns
    -------
    bool
        True for at most 8 components of at most 8 characters out of A-Z, 0-9 and underscore
        (PS3.10 8.2, 8.5; PS3.3 F.3.2.2). The empty path, ``Path(".")``, passes: it names the
        root itself, as in pydicom.
    """
    parts = path.parts
    return len(parts) <= MAX_COMPONENTS and all(
        len(part) <= COMPONENT_LENGTH and _is_text(part) is not None for part in parts
    )


def file_name_for(prefix: str, index: int, *, alphanumeric: bool = False) -> str:
    """Return the component of 8 characters with a given prefix and number.

    Parameters
    ----------
    prefix : str
        How the component begins, at most 7 characters.
    index : int
        The number that follows, padded with zeros.
    alphanumeric : bool, optional
        Whether the number is written in the 35 characters 0-9, A-I and K-Z instead of in
        the 10 digits.

    Returns
    -------
    str
        The component. It grows beyond 8 characters if the number does not fit (`capacity`
        tells when), as the reference API does.

    Raises
    ------
    ValueError
        If the prefix is longer than 7 characters or the index is negative.
    """
    if index < 0:
        _checked(prefix)
        msg = "The 'index' must not be negative"
        raise ValueError(msg)
    return namer_for(prefix, alphanumeric=alphanumeric)(index)


def namer_for(prefix: str, *, alphanumeric: bool = False) -> Callable[[int], str]:
    """Return the function that makes the component with a given prefix of a number.

    The same as `file_name_for`, for many numbers, which are not checked.

    Raises
    ------
    ValueError
        If the prefix is longer than 7 characters.
    """
    width = COMPONENT_LENGTH - len(_checked(prefix))
    if not alphanumeric:
        return f"{prefix.replace('%', '%%')}%0{width}d".__mod__
    return lambda index: prefix + _with_letters(index).rjust(width, "0")


def _with_letters(index: int) -> str:
    """Return a number written in 35 characters, nothing for 0."""
    digits: list[str] = []
    while index:
        index, digit = divmod(index, len(_DIGITS_AND_LETTERS))
        digits.append(_DIGITS_AND_LETTERS[digit])
    return "".join(reversed(digits))


def capacity(prefix: str, *, alphanumeric: bool = False) -> int:
    """Return how many different components a prefix leaves room for.

    Raises
    ------
    ValueError
        If the prefix is longer than 7 characters.
    """
    base = len(_DIGITS_AND_LETTERS) if alphanumeric else len(_DIGITS)
    return int(base ** (COMPONENT_LENGTH - len(_checked(prefix))))


def generate_filename(
    prefix: str = "",
    start: int = 0,
    alphanumeric: bool = False,
) -> Iterator[str]:
    """Yield components of 8 characters, each numbered one higher than the one before.

    Parameters
    ----------
    prefix : str, optional
        How every component begins, at most 7 characters, none by default.
    start : int, optional
        The first number, by default 0.
    alphanumeric : bool, optional
        Whether the numbers are written in the 35 characters 0-9, A-I and K-Z instead of in
        the 10 digits (default).

    Yields
    ------
    str
        The next component. Ends when the prefix leaves no room for a higher number, after
        ``10 ** (8 - len(prefix)) - start`` or ``35 ** (8 - len(prefix)) - start`` of them.

    Raises
    ------
    ValueError
        At the first component, if the prefix is longer than 7 characters.
    """
    for index in range(start, capacity(prefix, alphanumeric=alphanumeric)):
        yield file_name_for(prefix, index, alphanumeric=alphanumeric)


def _checked(prefix: str) -> str:
    """Return the prefix; raise if it leaves no room for a number."""
    if len(prefix) >= COMPONENT_LENGTH:
        msg = f"The 'prefix' must be less than {COMPONENT_LENGTH} characters long"
        raise ValueError(msg)
    return prefix
