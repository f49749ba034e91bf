"""What the user types to search: keywords and values."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import StudioError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAG: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?\Z")


class QueryError(StudioError, ValueError):
    """What was typed is no search."""


@cache
def _keywords() -> dict[str, str]:
    """Return every keyword of the dictionary (PS3.6) under its lower-case form."""
    return {keyword.lower(): keyword for keyword in pydicom.datadict.keyword_dict if keyword}


def known_keyword(text: str) -> str:
    """Return the keyword meant by `text`: a keyword in any case, or a tag.

    Raises
    ------
    QueryError
        If the dictionary (PS3.6) has none; similar ones are named.
    """
    wanted = text.strip()
    if tag := _TAG.match(wanted):
        if keyword := pydicom.datadict.keyword_for_tag(int(tag[1] + tag[2], 16)):
            return keyword
    elif keyword := _keywords().get(wanted.lower(), ""):
        return keyword
    import difflib  # noqa: PLC0415 - for typing errors alone

    close = difflib.get_close_matches(wanted.lower(), _keywords(), n=3)
    similar = ", ".join(_keywords()[name] for name in close)
    raise QueryError(
        f"{text!r} is no keyword of the DICOM dictionary",
        remedy=f"Perhaps {similar}" if similar else "Give one such as PatientID or (0010,0020)",
    )


def parse_query(terms: Iterable[str]) -> dict[str, str]:
    """Return ``KEY=VALUE`` terms as a mapping of keyword to value.

    Raises
    ------
    QueryError
        If a term has no ``=``, an unknown keyword, or a keyword comes twice (a match of
        two values at once is not possible).
    """
    query: dict[str, str] = {}
    for term in terms:
        key, equals, value = term.partition("=")
        if not equals:
            raise QueryError(
                f"{term!r} is not of the form KEY=VALUE", remedy="Such as PatientID=123"
            )
        keyword = known_keyword(key)
        if keyword in query:
            raise QueryError(f"{keyword} is given twice", remedy="Search once for each value")
        query[keyword] = value.strip()
    return query
