"""What the program remembers of its person: recent File-sets, the window, preferences.

One JSON object with a version. An older version is migrated step by step; a broken
file or one of a later program is kept aside and reported, never overwritten.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.errors import StorageError
from dicomdir_studio.session import places
from dicomdir_studio.session.safe_files import read_json_object, set_aside, write_text_safely

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_log = logging.getLogger(__name__)

VERSION: Final = 1
MAX_RECENT: Final = 12


# From the version that is the key to the next one; a change of the form adds a line here.
_MIGRATIONS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}


@dataclass
class Settings:
    """The values themselves, without knowledge of where they are kept.

    Attributes
    ----------
    recent : list of str
        Absolute paths of the folders of File-sets, latest first, at most `MAX_RECENT`.
    window : dict of str
        What the window remembers of itself under names of its own choosing
        (geometry, columns), as base64 or other text.
    preferences : dict
        Choices of the user under dotted names; any JSON value.
    """

    recent: list[str] = field(default_factory=list)
    window: dict[str, str] = field(default_factory=dict)
    preferences: dict[str, Any] = field(default_factory=dict)

    def remember(self, path: str | os.PathLike[str]) -> None:
        """Put the File-set at `path` first among the recent ones."""
        wanted = os.path.abspath(path)  # links are to be shown as the user opened them
        self.forget(wanted)
        self.recent.insert(0, wanted)
        del self.recent[MAX_RECENT:]

    def forget(self, path: str | os.PathLike[str]) -> None:
        """Take the File-set at `path` off the recent ones."""
        unwanted = os.path.normcase(os.path.abspath(path))
        self.recent[:] = [kept for kept in self.recent if os.path.normcase(kept) != unwanted]


class SettingsStore:
    """Loads the settings once and saves them whole.

    Parameters
    ----------
    path : Path, optional
        The file, default ``settings.json`` in the system's folder for settings.

    Attributes
    ----------
    settings : Settings
        The values; change them, then call `save`.
    notice : str or None
        What the user should be told: that the file was broken and where it is kept.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or places.config_dir() / "settings.json"
        self.notice: str | None = None
        self.settings = self._load()

    def save(self) -> bool:
        """Save the values; return False, with a line in the log, where that cannot be done."""
        stored = {
            "version": VERSION,
            "recent": self.settings.recent,
            "window": self.settings.window,
            "preferences": self.settings.preferences,
        }
        try:
            write_text_safely(self.path, json.dumps(stored, indent=2, ensure_ascii=False) + "\n")
        except StorageError as error:
            _log.warning("Settings are not kept: %s", error)
            return False
        return True

    def _load(self) -> Settings:
        """Return the values of the file, or the defaults with a notice of why."""
        try:
            stored = read_json_object(self.path)
            return Settings() if stored is None else _checked(_migrated(stored))
        except OSError as error:
            self.notice = f"The settings cannot be read: {self.path} ({error.strerror})"
        except (ValueError, KeyError, TypeError) as error:
            kept = set_aside(self.path)
            self.notice = (
                f"The settings were not usable ({error}); the program starts with its defaults. "
                f"The old file is kept as {kept or self.path}"
            )
        _log.warning("%s", self.notice)
        return Settings()


def _migrated(
    stored: dict[str, Any],
    target: int = VERSION,
    migrations: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = _MIGRATIONS,
) -> dict[str, Any]:
    """Return `stored` brought to version `target`; ValueError if there is no way there."""
    version = stored.get("version")
    if not isinstance(version, int):
        message = "they have no version"
        raise ValueError(message)  # noqa: TRY004 - the content is wrong, not a caller's type
    if version > target:
        message = f"they are of version {version}, from a later program"
        raise ValueError(message)
    while version < target:
        stored = migrations[version](stored)
        version += 1
    return stored


def _checked(stored: dict[str, Any]) -> Settings:
    """Return the values of `stored`, leaving out what is not of its kind."""
    recent, window, preferences = map(stored.get, ("recent", "window", "preferences"))
    return Settings(
        recent=_texts(recent)[:MAX_RECENT],
        window={
            name: text
            for name, text in (window.items() if isinstance(window, dict) else ())
            if isinstance(text, str)
        },
        preferences=dict(preferences) if isinstance(preferences, dict) else {},
    )


def _texts(value: object) -> list[str]:
    """Return the texts in a list; none if it is something else."""
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
