"""Numbers, sizes and times as the user reads them; one place for the whole window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale

if TYPE_CHECKING:
    from dicomdir_studio.fileset import RecordNode

_KILO = 1000
_SECONDS_A_MINUTE = 60
_SECONDS_AN_HOUR = 3600
_HAIR_SPACE_DOT = " · "


def tr(text: str) -> str:
    """Translate a text that belongs to no single widget."""
    return QCoreApplication.translate("wording", text)


def number(value: int) -> str:
    """Return a whole number with the digits grouped as the user's locale does."""
    return QLocale().toString(value)


def counted(amount: int, singular: str, plural: str) -> str:
    """Return the amount with its noun: "1 file", "1,204 files".

    Parameters
    ----------
    amount : int
        How many there are.
    singular, plural : str
        The noun for one and for any other number, already translated.
    """
    return f"{number(amount)} {singular if amount == 1 else plural}"


def size(amount: int) -> str:
    """Return bytes in the unit that reads best, decimal as media are labelled ("1.2 MB")."""
    return QLocale().formattedDataSize(
        amount, 1 if amount >= _KILO else 0, QLocale.DataSizeFormat.DataSizeSIFormat
    )


def duration(seconds: float) -> str:
    """Return a span of time, coarse on purpose ("4 s", "3 min", "1 h 20 min")."""
    if seconds < _SECONDS_A_MINUTE:
        return tr("{0} s").format(max(1, round(seconds)))
    if seconds < _SECONDS_AN_HOUR:
        return tr("{0} min").format(round(seconds / _SECONDS_A_MINUTE))
    hours, rest = divmod(round(seconds), _SECONDS_AN_HOUR)
    return tr("{0} h {1} min").format(hours, rest // _SECONDS_A_MINUTE)


def joined(*parts: str) -> str:
    """Join what is not empty with a middle dot."""
    return _HAIR_SPACE_DOT.join(part for part in parts if part)


def person_name(value: object) -> str:
    """Return a Person Name as it is written on paper: "Doe, Jane" for "Doe^Jane".

    The ideographic group (PS3.5 6.2.1.1) follows in brackets.
    """
    groups = [_of_group(group) for group in str(value or "").split("=")]
    first = groups[0]
    second = groups[1].replace(", ", " ") if len(groups) > 1 else ""
    return f"{first} ({second})" if first and second else first or second


def _of_group(group: str) -> str:
    """Return one component group of a Person Name."""
    family, *given = [part.strip() for part in group.split("^")]
    rest = " ".join(part for part in given if part)
    return f"{family}, {rest}" if family and rest else family or rest


def short(value: object, limit: int = 200) -> str:
    """Return a value as one line of at most `limit` characters."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def first_value(record: RecordNode | None, *keywords: str) -> str:
    """Return the first of the elements that has a value in this record, as text."""
    if record is None:
        return ""
    for keyword in keywords:
        value = record.get(keyword)
        if value not in (None, ""):
            return short(value)
    return ""


def joined_words(*parts: str) -> str:
    """Join what is not empty with a space."""
    return " ".join(part for part in parts if part)


def file_id_text(value: object) -> str:
    r"""Return a File ID with its components parted by slashes, however it is given."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\\", "/")
    parts = getattr(value, "parts", None)
    if parts is None:
        parts = list(value) if hasattr(value, "__iter__") else [str(value)]
    return "/".join(str(part) for part in parts)
