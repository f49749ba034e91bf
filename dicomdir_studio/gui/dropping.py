"""Where dropped files go: a DICOMDIR may be opened or added, all else is added."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui.dialogs.drop_directory import DropDirectoryDialog
from dicomdir_studio.gui.drops import paths_in
from dicomdir_studio.session.opening import find_dicomdir
from dicomdir_studio.session.sources import is_dicomdir_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.main_window import MainWindow
    from dicomdir_studio.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was dropped, told apart.

    Attributes
    ----------
    dicomdirs : list of str
        DICOMDIR files that were dropped, or that lie in a dropped folder.
    holders : list of str
        What was dropped for each of them: the file itself or the folder.
    others : list of str
        All else.
    """

    dicomdirs: list[str] = field(default_factory=list)
    holders: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def tell_apart(paths: Sequence[str], monitor: Monitor | None = None) -> Dropped:
    """Look at dropped paths; reads folders, so it is a job's work."""
    dropped = Dropped()
    for path in paths:
        if monitor is not None:
            monitor.check()
        found = _dicomdir_of(path)
        if found is None:
            dropped.others.append(path)
        else:
            dropped.dicomdirs.append(found)
            dropped.holders.append(path)
    return dropped


def _dicomdir_of(path: str) -> str | None:
    """Return the DICOMDIR that a path is or holds; what cannot be read holds none."""
    try:
        if os.path.isdir(path):  # noqa: PTH112 - strings all the way, as they were dropped
            return find_dicomdir(path)
    except StudioError:
        return None
    return path if is_dicomdir_name(os.path.basename(path)) else None  # noqa: PTH119


class Dropping(QObject):
    """Takes the drops of the whole window.

    Parameters
    ----------
    poller : JobPoller
        Looks at what was dropped.
    window : MainWindow
        Opens File-sets.
    """

    def __init__(self, poller: JobPoller, window: MainWindow) -> None:
        super().__init__(window)
        self._poller = poller
        self._window = window

    def drop(self, given: Sequence[str] | bytes, document: Document | None) -> None:
        """Open or add what was dropped on a File-set, or on the window while none is open.

        Parameters
        ----------
        given : sequence of str or bytes
            What `dropped` returned.
        document : Document or None
            What it was dropped on.
        """
        if not given:
            return
        if document is not None and not document.can_edit:
            document.notice.say(
                self.tr(
                    "Nothing was added: wait until the running work has finished, "
                    "and drop the files again."
                )
            )
            return
        self._poller.submit(
            self.tr("Examining dropped files"),
            lambda monitor: tell_apart(
                paths_in(given) if isinstance(given, bytes) else given, monitor
            ),
            on_done=lambda dropped: self._decide(dropped, document),
            on_failed=self._window.show_failure,
            owner=self if document is None else document,
            quiet=True,
        )

    def _decide(self, dropped: Dropped, document: Document | None) -> None:
        """Ask about DICOMDIRs where there is a choice, and act."""
        if not dropped.dicomdirs:
            target = document or self._window.new_document()
            target.add(dropped.others)
            return
        choice = "open"
        if document is not None:
            dialog = DropDirectoryDialog(self._window, dropped.holders)
            dialog.exec()
            choice = dialog.choice
        if choice == "open":
            for path in dropped.holders:
                self._window.open_path(Path(path))
            if dropped.others and document is not None:
                document.add(dropped.others)
        elif choice == "add" and document is not None:
            document.add([*dropped.others, *dropped.dicomdirs])
