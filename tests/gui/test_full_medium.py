"""Media that are full, fill up or cannot be written, driven from the window."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.dialogs.write_plan import WritePlanDialog
from dicomdir_studio.storage import Volume
from tests.folders import files_below
from tests.gui.dialogs import the_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

ROOM = 1_000_000


@pytest.fixture
def small_medium(tmp_path: Path, disc: Path) -> Iterator[Path]:
    """Mount a file system of 1 MB with the sample File-set on it."""
    medium = tmp_path / "medium"
    medium.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only the super-user of a Linux system can mount a file system")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(medium)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        shutil.copytree(disc, medium, dirs_exist_ok=True)
        yield medium
    finally:
        subprocess.run(["umount", "--lazy", str(medium)], check=True)


@pytest.fixture
def stage(
    qtbot: QtBot, window: MainWindow, series_of: Callable[[int], list[Path]]
) -> Callable[[Path], Document]:
    """Return what opens a File-set and stages 30 additions and a removal."""

    def open_and_stage(root: Path) -> Document:
        document = window.open_path(root)
        qtbot.waitUntil(lambda: document.can_edit)
        document.add([str(path) for path in series_of(30)])
        qtbot.waitUntil(lambda: document.can_edit)
        assert document.file_set is not None
        document.remove([next(iter(document.file_set)).node])
        return document

    return open_and_stage


class Reviewer:
    """Writes what is staged, and answers the dialog that shows the plan."""

    def __init__(self, qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        self._qtbot = qtbot
        self._window = window
        self._monkeypatch = monkeypatch

    def accept(self, before: Callable[[], object] = lambda: None) -> None:
        """Accept the plan, and let something happen to the medium just before."""

        def accept(dialog: WritePlanDialog) -> int:
            dialog.show()
            self._qtbot.waitUntil(dialog.accept_button.isEnabled)
            before()
            self._qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
            return dialog.result()

        self._write(accept)

    def problems(self) -> str:
        """Read the problems of the plan, see that it cannot be accepted, and go back."""
        seen: list[str] = []

        def look(dialog: WritePlanDialog) -> int:
            dialog.show()
            self._qtbot.waitUntil(dialog.problems.isVisible)
            seen.append(dialog.problems.text())
            assert not dialog.accept_button.isEnabled()
            dialog.reject()
            return 0

        self._write(look)
        (text,) = seen
        return text

    def _write(self, answer: Callable[[WritePlanDialog], int]) -> None:
        """Choose to write."""
        self._monkeypatch.setattr(WritePlanDialog, "exec", answer)
        self._window.table["write"].trigger()

    def error(self) -> ErrorDialog:
        """Wait for the one error and return its dialog."""
        return the_only(self._qtbot, self._window, ErrorDialog)


@pytest.fixture
def review(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Reviewer:
    """Give what answers the dialogs."""
    return Reviewer(qtbot, window, monkeypatch)


def check_goes_on(qtbot: QtBot, review: Reviewer, document: Document, root: Path) -> None:
    """See that all is still staged in the same window, and write it."""
    assert document.can_edit
    assert document.file_set is not None
    tally = document.file_set.tree.tally
    assert (tally.additions, tally.removals) == (30, 1)
    document.undo()
    document.redo()
    review.accept()
    qtbot.waitUntil(lambda: document.can_edit)
    assert not document.has_edits
    assert len(FileSet(root / "DICOMDIR")) == 60


def test_no_room_is_said_before_anything_happens(
    small_medium: Path, stage: Callable[[Path], Document], review: Reviewer
) -> None:
    """The plan names how much is needed and is free, and cannot be accepted."""
    (small_medium / "other").write_bytes(bytes(shutil.disk_usage(small_medium).free - 8192))
    document = stage(small_medium)
    assert "not enough space" in review.problems()
    assert document.has_edits


def test_medium_fills_up_after_the_review(
    qtbot: QtBot, small_medium: Path, stage: Callable[[Path], Document], review: Reviewer
) -> None:
    """A clear message, the old medium, everything still staged, and the write works once freed."""
    document = stage(small_medium)
    before, ballast = files_below(small_medium), small_medium / "ballast"

    def fill() -> None:
        if not ballast.exists():
            ballast.write_bytes(bytes(shutil.disk_usage(small_medium).free - 8192))

    review.accept(fill)
    error = review.error()
    assert "not enough space" in str(error.error)
    error.reject()
    ballast.unlink()
    assert files_below(small_medium) == before
    check_goes_on(qtbot, review, document, small_medium)


def test_medium_that_is_full_in_the_middle_of_a_file(
    qtbot: QtBot,
    disc: Path,
    stage: Callable[[Path], Document],
    review: Reviewer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same where the room ends while files are being copied."""
    document = stage(disc)
    before = files_below(disc)
    write, written = Volume.write, [0]

    def full(volume: Volume, descriptor: int, data: bytes) -> object:
        written[0] += len(data)
        if written[0] > 20_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(volume, descriptor, data)

    monkeypatch.setattr(Volume, "write", full)
    review.accept()
    error = review.error()
    assert "full" in str(error.error)
    error.reject()
    assert files_below(disc) == before
    monkeypatch.setattr(Volume, "write", write)
    check_goes_on(qtbot, review, document, disc)


def test_full_medium_lets_the_new_set_go_elsewhere(
    qtbot: QtBot,
    window: MainWindow,
    small_medium: Path,
    series_of: Callable[[int], list[Path]],
    review: Reviewer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A new File-set whose first write failed for want of room is written to another folder."""
    document = window.new_document()
    document.add([str(path) for path in series_of(30)])
    qtbot.waitUntil(lambda: document.can_edit)
    target = small_medium / "new"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(target))
    filler = small_medium / "filler"

    def fill() -> None:
        filler.write_bytes(bytes(max(0, shutil.disk_usage(small_medium).free - 4096)))

    review.accept(fill)
    review.error().reject()
    assert document.has_edits
    target = tmp_path / "elsewhere"
    review.accept()
    qtbot.waitUntil(lambda: document.can_edit and not document.has_edits)
    assert len(FileSet(tmp_path / "elsewhere" / "DICOMDIR")) == 30


def test_read_only_medium_is_explained(
    window: MainWindow, small_medium: Path, stage: Callable[[Path], Document], review: Reviewer
) -> None:
    """The status line says so, the plan says why and what else to do, nothing is lost."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_medium)], check=True)
    document = stage(small_medium)
    assert "read-only" in window.status.path.whole()
    problems = review.problems()
    assert "read-only" in problems
    assert "another folder" in problems
    assert document.has_edits
