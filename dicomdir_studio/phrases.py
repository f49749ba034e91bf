"""Messages as data: what is said, and the values in it, so that a face can say it in its language.

A `Phrase` is the English text, to be shown, compared and written like any other; and it
keeps the template and the values that it was made of. Whoever speaks another language looks
the template up and puts the same values in.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class Phrase(str):
    """A text with the template and the values that it was made of.

    Parameters
    ----------
    template : str
        English, with a place for each value as `str.format` has them: ``{0}``, ``{1:,}``.
    *values : object
        What goes there; phrases among them are said in the same language.

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
    """Return a phrase; its template is collected for the translators."""
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
    """Return what happened, and why in brackets if that is known."""
    return Phrase("{0} ({1})", what, why) if why else what
