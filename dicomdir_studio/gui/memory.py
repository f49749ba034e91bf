"""What the window remembers of itself between two starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from dicomdir_studio.gui.style import Appearance

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QMainWindow

    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.views.record_view import RecordView
    from dicomdir_studio.session.settings import Settings, SettingsStore

_GEOMETRY, _PANELS, _COLUMNS = "geometry", "panels", "columns"
_APPEARANCE = "appearance"
LANGUAGE = "language"
# Counted up when panels or columns change, so that an old state is not forced on a new window.
_STATE_VERSION = 1


class Memory:
    """Puts the window's shape into the settings and back.

    Parameters
    ----------
    store : SettingsStore
        Keeps the settings.
    poller : JobPoller
        Saves them while the window is open.
    """

    def __init__(self, store: SettingsStore, poller: JobPoller) -> None:
        self._store = store
        self._poller = poller

    @property
    def settings(self) -> Settings:
        """The settings themselves."""
        return self._store.settings

    @property
    def appearance(self) -> Appearance:
        """Light, dark or as the system has it."""
        return appearance_of(self.settings)

    @appearance.setter
    def appearance(self, appearance: Appearance) -> None:
        self.settings.preferences[_APPEARANCE] = appearance.value
        self.save_soon()

    @property
    def language(self) -> str:
        """The code of the language chosen, empty for the system's."""
        return str(self.settings.preferences.get(LANGUAGE, ""))

    @language.setter
    def language(self, code: str) -> None:
        self.settings.preferences[LANGUAGE] = code
        self.save_soon()

    def remember_file_set(self, path: Path) -> None:
        """Put a File-set first among the recent ones."""
        self.settings.remember(path)
        self.save_soon()

    def forget_recent(self) -> None:
        """Forget all recent File-sets."""
        self.settings.recent.clear()
        self.save_soon()

    def save_soon(self) -> None:
        """Save in a job."""
        store = self._store
        self._poller.submit(
            "Saving the settings", lambda _monitor: store.save(), quiet=True, serial=store.path
        )

    def restore_window(self, window: QMainWindow) -> bool:
        """Give the window its last size and panels; return whether it had been remembered."""
        window.restoreGeometry(self._bytes(_GEOMETRY))
        return window.restoreState(self._bytes(_PANELS), _STATE_VERSION)

    def keep_window(self, window: QMainWindow) -> None:
        """Remember size and panels."""
        self._keep(_GEOMETRY, window.saveGeometry())
        self._keep(_PANELS, window.saveState(_STATE_VERSION))

    def restore_columns(self, view: RecordView) -> None:
        """Give a tree the columns of the last one."""
        state = self._bytes(_COLUMNS)
        if not state.isEmpty():
            view.fits_name = False
            view.header().restoreState(state)

    def keep_columns(self, view: RecordView) -> None:
        """Remember widths, order and sorting of the columns, once the user has set any."""
        if not view.fits_name:
            self._keep(_COLUMNS, view.header().saveState())

    def save_now(self) -> None:
        """Save at the end of the program, when there is no window to hold up."""
        self._store.save()

    def _bytes(self, name: str) -> QByteArray:
        """Return a state that was kept, empty if there is none."""
        return QByteArray.fromBase64(self.settings.window.get(name, "").encode())

    def _keep(self, name: str, state: QByteArray) -> None:
        """Keep a state as text."""
        self.settings.window[name] = state.toBase64().toStdString()


def appearance_of(settings: Settings) -> Appearance:
    """Return the appearance that the user has chosen, the system's if none."""
    try:
        return Appearance(settings.preferences.get(_APPEARANCE, Appearance.SYSTEM))
    except ValueError:
        return Appearance.SYSTEM
