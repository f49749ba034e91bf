"""The form of a file of presets: a JSON object with a version and a list of presets.

One form for the user's own presets and for files that are handed on. What a file holds is
checked whole before any of it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.folders import ExtraFolder
from dicomdir_studio.media.papers.sheet import SIZES
from dicomdir_studio.media.sizes import capacity_of
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.session.presets import Preset, PresetError, PresetTarget, contradictions
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION: Final = 1
MAX_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class _Form:
    """How a value of one kind is read from JSON and written to it."""

    says: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any] = field(default=lambda value: value)


def _text(value: Any) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def _name(value: Any) -> str:
    """Return a name that can be shown in a line."""
    text = " ".join(_text(value).split())
    if not 0 < len(text) <= MAX_NAME or not text.isprintable():
        raise ValueError
    return text


def _profile(value: Any) -> str | None:
    """Return the identifier of a profile that is offered, or None."""
    if value is None:
        return None
    profile = PROFILES[_text(value).upper()]
    if profile.is_secure:
        raise ValueError
    return profile.identifier


def _medium(value: Any) -> str | None:
    """Return the name of a disc or a size, or None."""
    if value is None:
        return None
    text = _text(value)
    capacity_of(text)
    return text


def _revision(value: Any) -> Revision | None:
    """Return a revision of UDF, or None."""
    return None if value is None else Revision(_text(value))


def _folders(value: Any) -> tuple[ExtraFolder, ...]:
    """Return further folders."""
    return tuple(
        ExtraFolder(_text(one["source"]), _text(one.get("name", "")))
        for one in _listed(value)
        if set(one) <= {"source", "name"} or _refused()
    )


def _refused() -> bool:
    """Refuse a folder with words that have no meaning."""
    raise ValueError


def _fields(value: Any) -> tuple[tuple[str, str], ...]:
    """Return fields with their names."""
    return tuple((_text(name), _text(text)) for name, text in value.items())


def _paper(value: Any) -> str:
    """Return a size of paper."""
    if value not in SIZES:
        raise ValueError
    return _text(value)


def _listed(value: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list):
        raise TypeError
    return value


_TEXT: Final = _Form("a text", _text)
_FLAG: Final = _Form("true or false", _flag)
_FORMS: Final[Mapping[str, _Form]] = {
    "name": _Form(f"a name of 1 to {MAX_NAME} letters", _name),
    "target": _Form(
        f"one of {', '.join(one.value for one in PresetTarget)}",
        PresetTarget,
        lambda value: value.value,
    ),
    "profile": _Form("an application profile that is offered, or null", _profile),
    "medium": _Form("a kind of disc, a size, or null", _medium),
    "udf_only": _Form(
        f"one of {', '.join(one.value for one in Revision)}, or null",
        _revision,
        lambda value: None if value is None else value.value,
    ),
    "layout": _Form(
        "standard or keep", lambda value: Layout[_text(value).upper()], lambda v: v.name.lower()
    ),
    "folders": _Form(
        "a list of folders with source and name",
        _folders,
        lambda value: [{"source": one.source, "name": one.name} for one in value],
    ),
    "fields": _Form("an object of texts", _fields, dict),
    "paper": _Form(f"one of {', '.join(SIZES)}", _paper),
    **dict.fromkeys(("description", "institution", "contact", "note", "address"), _TEXT),
}


def as_json(preset: Preset) -> dict[str, Any]:
    """Return a preset as values for JSON."""
    return {
        one.name: _FORMS.get(one.name, _FLAG).write(getattr(preset, one.name))
        for one in fields(Preset)
    }


def from_json(value: Any, where: str) -> Preset:
    """Return the preset that JSON holds.

    Parameters
    ----------
    value : object
        What the file has.
    where : str
        The file, for messages.

    Raises
    ------
    PresetError
        It names what is wrong, all of it.
    """
    if not isinstance(value, dict):
        raise _unusable(where, f"a preset is an object, not {type(value).__name__}")
    known = {one.name for one in fields(Preset)}
    problems = [f"{word!r} has no meaning" for word in value if word not in known]
    if "name" not in value:
        problems.append("it has no name")
    taken: dict[str, Any] = {}
    for word in known & value.keys():
        form = _FORMS.get(word, _FLAG)
        try:
            taken[word] = form.read(value[word])
        except (TypeError, ValueError, KeyError, AttributeError):
            problems.append(f"{word!r} is to be {form.says}, not {value[word]!r}")
    if not problems:
        problems = contradictions(Preset(**taken))
    if problems:
        name = value.get("name") if isinstance(value.get("name"), str) else "without a name"
        raise _unusable(where, f"preset {name}: {'; '.join(sorted(problems))}")
    return Preset(**taken)


def _unusable(where: str, why: str) -> PresetError:
    """Return the error for a file of presets that is not what it should be."""
    return PresetError(
        "The file of presets cannot be used",
        where=where,
        why=why,
        remedy="Nothing was taken from it; mend it, or have it exported anew",
    )


def presets_from(value: Any, where: str) -> list[Preset]:
    """Return the presets of a file's JSON.

    Raises
    ------
    PresetError
        If it is of a later version, of another kind, or one of them is wrong.
    """
    version = value.get("version") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or "presets" not in value:
        raise _unusable(where, "it is no file of presets: it has no version or no list of them")
    if version != VERSION:
        raise PresetError(
            "The file of presets was made by a later version of this program",
            where=where,
            why=f"it is of version {version}, this program knows version {VERSION}",
            remedy="Update the program, or have the presets exported by this version",
        )
    if not isinstance(value["presets"], list):
        raise _unusable(where, "its presets are no list")
    found = [from_json(one, where) for one in value["presets"]]
    if len({one.key for one in found}) < len(found):
        raise _unusable(where, "two of its presets have the same name")
    return found


def presets_json(presets: list[Preset]) -> dict[str, Any]:
    """Return presets as the values of a file."""
    return {"version": VERSION, "presets": [as_json(one) for one in presets]}
