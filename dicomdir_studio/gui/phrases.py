"""What the layers below say, in the language of the window."""

from __future__ import annotations

from string import Formatter
from typing import Any

from PySide6.QtCore import QCoreApplication

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import wording
from dicomdir_studio.phrases import Phrase


class _Local(Formatter):
    """Puts values into a template: phrases translated, numbers grouped as people have them."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Return a value as it is shown."""
        if isinstance(value, str):
            return in_language(value)
        if format_spec == "," and isinstance(value, int):
            return wording.number(value)
        return super().format_field(value, format_spec)


_LOCAL = _Local()


def in_language(text: str) -> str:
    """Return a text as the window says it.

    Parameters
    ----------
    text : str
        A `Phrase` is translated, and so are phrases among its values; any other text is
        shown as it is.
    """
    if not isinstance(text, Phrase):
        return text
    return _LOCAL.vformat(QCoreApplication.translate("phrases", text.template), text.values, {})


def in_one_line(error: BaseException) -> str:
    """Return an error as the window says it: what, where, why and what to do."""
    if not isinstance(error, StudioError):
        return str(error)
    what, why, remedy = (in_language(one or "") for one in (error.what, error.why, error.remedy))
    text = f"{what}: {error.where}" if error.where else what
    text = f"{text} ({why})" if why else text
    return f"{text}. {remedy}" if remedy else text


def charset_text(label: str, term: str) -> str:
    """Return a character set as it is shown: its name, and its term where that says more."""
    name = in_language(label)
    return f"{name} ({term})" if term and f"({term})" not in name else name
