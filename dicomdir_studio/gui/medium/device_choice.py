"""Drives and sticks on the page: looked for, formatted once the name is typed, ejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.media.directory import numbered_id
from dicomdir_studio.media.volumes import format_volume
from dicomdir_studio.session.making.devices import drives_of, sticks_of
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.medium.choices import Choices
    from dicomdir_studio.gui.medium.proposing import Proposing
    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.volumes import Volume, VolumeSystem
    from dicomdir_studio.session.making.devices import Device


class DeviceChoice(QObject):
    """Looks for drives and sticks in jobs when they are needed.

    Parameters
    ----------
    choices : Choices
        Offers them.
    proposing : Proposing
        Runs the jobs.
    make_burner, make_volumes : callable
        Return the burning program, and what knows the sticks of this system.
    file_set : FileSet
        What goes on a stick; its ID is what a stick is called that is formatted.

    Attributes
    ----------
    changed : Signal()
        What keeps devices from being used changed.
    trouble : str
        Why no device can be used; empty if one can, or none is needed.
    """

    changed = Signal()

    def __init__(
        self,
        choices: Choices,
        proposing: Proposing,
        make_burner: Callable[[], Burner],
        make_volumes: Callable[[], VolumeSystem],
        file_set: FileSet,
    ) -> None:
        super().__init__(choices)
        self.trouble = ""
        self._choices = choices
        self._proposing = proposing
        self._make_burner = make_burner
        self._make_volumes = make_volumes
        self._file_set = file_set
        choices.target.goal_changed.connect(self.look)
        choices.target.look_wanted.connect(self.look)
        choices.target.format_wanted.connect(self._ask_and_format)
        proposing.devices_found.connect(self._show)

    def look(self) -> None:
        """Look for drives or sticks, if some are needed."""
        goal = self._choices.target.goal
        self.trouble = ""
        burner, volumes = self._make_burner, self._make_volumes
        if goal is Goal.DISC:
            self._proposing.find_devices(lambda: drives_of(burner()))
        elif goal is Goal.STICK:
            self._proposing.find_devices(lambda: sticks_of(volumes()))

    def format(self, volume: Volume, typed: str) -> None:
        """Erase a stick and make a file system on it, in a job; then look again."""
        volumes, file_set = self._make_volumes, self._file_set
        profile = self._choices.wish(None).application_profile
        self.trouble = self.tr("The stick is being formatted…")
        self.changed.emit()
        self._proposing.poller.submit(
            self.tr("Formatting"),
            lambda _monitor: format_volume(
                volumes(),
                volume,
                typed=typed,
                label=numbered_id(file_set.ID or "", 1, 1),
                profile=profile,
                needed=(instance.path for instance in file_set),
            ),
            on_done=lambda _system: self.look(),
            on_failed=self._format_failed,
            owner=self,
        )

    def _show(self, found: list[Device] | StudioError) -> None:
        if isinstance(found, StudioError):
            self.trouble = wording.joined_words(
                f"{in_language(found.what)}.", in_language(found.remedy or "")
            )
            found = []
        elif not found and self._choices.target.goal is Goal.DISC:
            self.trouble = self.tr("No disc burner was found. Connect one, then look again")
        self._choices.target.show_devices(found)
        self.changed.emit()

    def _ask_and_format(self, volume: Volume) -> None:
        """Ask for the name of a stick before all on it is lost."""
        told = self.tr("Everything on {0} will be erased.\nType {1} to erase it:")
        typed, agreed = QInputDialog.getText(
            self._choices, self.tr("Format the stick"), told.format(volume.title, volume.name)
        )
        if agreed:
            self.format(volume, typed)

    def _format_failed(self, error: BaseException) -> None:
        show_error(self._choices, error)
        self.look()
