"""Messages as data: the text and its values, so that a front end can translate them.

A `Phrase` is the English text and can be used like any other string. It also keeps the
template and the values that it was made from. To translate it, the template is looked up in
the other language and the same values are inserted.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class Phrase(str):
    """A text with the template and the values that it was made from.

    Parameters
    ----------
    template : str
        English text with placeholders as in `str.format`: ``{0}``, ``{1:,}``.
    *values : object
        The values to insert; phrases among them are translated too.

    Attributes
    ----------
    template : str
        The template.
    values : tuple
        The values.
    """

    __slots__ = ("template", "values")

    template: str
    values: tuple[Any, ...]

    def __new__(cls, template: str, *values: Any) -> Self:
        """Return the English text."""
        made = super().__new__(cls, template.format(*values))
        made.template = template
        made.values = values
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return what it is made of, for a copy in another process."""
        return (self.template, *self.values)


def said(template: str, *values: Any) -> Phrase:
    """Return a phrase; its template is extracted for translation."""
    return Phrase(template, *values) if values else _constant(template)


@cache
def _constant(template: str) -> Phrase:
    """Return a phrase without values, which thousands of findings may share."""
    return Phrase(template)


def listed(parts: Sequence[str], pattern: str = "{0}; {1}") -> str:
    """Return several texts as one, such as "a; b" or, by another pattern, "a or b"."""
    return reduce(lambda before, part: Phrase(pattern, before, part), parts) if parts else ""


def either(parts: Sequence[str]) -> str:
    """Return several texts as alternatives: "a or b"."""
    return listed(parts, said("{0} or {1}", "", "").template)


def with_reason(what: str, why: str | None) -> str:
    """Return what happened, with the reason in parentheses if it is known."""
    return Phrase("{0} ({1})", what, why) if why else what
