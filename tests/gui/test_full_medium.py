"""Media that are full, fill up or cannot be written, driven from the window."""

from __future__ import annotations

import errno
import hashlib
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


def open_and_stage(qtbot: QtBot, window: MainWindow, root: Path, paths: list[Path]) -> Document:
    """Open a File-set and stage additions and a removal."""
    document = window.open_path(root)
    qtbot.waitUntil(lambda: document.can_edit)
    document.add([str(path) for path in paths])
    qtbot.waitUntil(lambda: document.can_edit)
    assert document.file_set is not None
    document.remove([next(iter(document.file_set)).node])
    return document


def digests(root: Path) -> dict[str, str]:
    """Return what is on a medium: the SHA-256 of every file by its name."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def accept_after(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, before: Callable[[], object]
) -> None:
    """Accept every plan, and let something happen to the medium just before."""

    def accept(dialog: WritePlanDialog) -> int:
        dialog.show()
        qtbot.waitUntil(dialog.accept_button.isEnabled)
        before()
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
        return dialog.result()

    monkeypatch.setattr(WritePlanDialog, "exec", accept)


def look_at_problems(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Read the problems of every plan, see that it cannot be accepted, and go back."""
    seen: list[str] = []

    def look(dialog: WritePlanDialog) -> int:
        dialog.show()
        qtbot.waitUntil(dialog.problems.isVisible)
        seen.append(dialog.problems.text())
        assert not dialog.accept_button.isEnabled()
        dialog.reject()
        return 0

    monkeypatch.setattr(WritePlanDialog, "exec", look)
    return seen


def the_error(qtbot: QtBot, window: MainWindow) -> ErrorDialog:
    """Wait for the one error and return its dialog."""
    qtbot.waitUntil(lambda: bool(window.findChildren(ErrorDialog)))
    (dialog,) = window.findChildren(ErrorDialog)
    return dialog


def test_no_room_is_said_before_anything_happens(
    qtbot: QtBot,
    window: MainWindow,
    small_medium: Path,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plan names how much is needed and is free, and cannot be accepted."""
    (small_medium / "other").write_bytes(bytes(shutil.disk_usage(small_medium).free - 8192))
    document = open_and_stage(qtbot, window, small_medium, series_of(30))
    seen = look_at_problems(qtbot, monkeypatch)
    window.table["write"].trigger()
    assert "not enough space" in seen[0]
    assert document.has_edits


def test_medium_fills_up_after_the_review(
    qtbot: QtBot,
    window: MainWindow,
    small_medium: Path,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clear message, the old medium, everything still staged, and the write works once freed."""
    document = open_and_stage(qtbot, window, small_medium, series_of(30))
    before, ballast = digests(small_medium), small_medium / "ballast"

    def fill() -> None:
        if not ballast.exists():
            ballast.write_bytes(bytes(shutil.disk_usage(small_medium).free - 8192))

    accept_after(qtbot, monkeypatch, fill)
    window.table["write"].trigger()
    error = the_error(qtbot, window)
    assert "not enough space" in str(error.error)
    error.reject()
    ballast.unlink()
    assert digests(small_medium) == before
    check_goes_on(qtbot, window, document, small_medium, monkeypatch)


def test_medium_that_is_full_in_the_middle_of_a_file(
    qtbot: QtBot,
    window: MainWindow,
    disc: Path,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same where the room ends while files are being copied."""
    document = open_and_stage(qtbot, window, disc, series_of(30))
    before = digests(disc)
    write, written = Volume.write, [0]

    def full(volume: Volume, descriptor: int, data: bytes) -> object:
        written[0] += len(data)
        if written[0] > 20_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(volume, descriptor, data)

    monkeypatch.setattr(Volume, "write", full)
    accept_after(qtbot, monkeypatch, lambda: None)
    window.table["write"].trigger()
    error = the_error(qtbot, window)
    assert "full" in str(error.error)
    error.reject()
    assert digests(disc) == before
    monkeypatch.setattr(Volume, "write", write)
    check_goes_on(qtbot, window, document, disc, monkeypatch)


def check_goes_on(
    qtbot: QtBot,
    window: MainWindow,
    document: Document,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """See that all is still staged in the same window, and write it."""
    assert document.can_edit
    assert document.file_set is not None
    tally = document.file_set.tree.tally
    assert (tally.additions, tally.removals) == (30, 1)
    document.undo()
    document.redo()
    accept_after(qtbot, monkeypatch, lambda: None)
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: document.can_edit)
    assert not document.has_edits
    assert len(FileSet(root / "DICOMDIR")) == 60


def test_full_medium_lets_the_new_set_go_elsewhere(
    qtbot: QtBot,
    window: MainWindow,
    small_medium: Path,
    series_of: Callable[[int], list[Path]],
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

    accept_after(qtbot, monkeypatch, fill)
    window.table["write"].trigger()
    the_error(qtbot, window).reject()
    assert document.has_edits
    target = tmp_path / "elsewhere"
    accept_after(qtbot, monkeypatch, lambda: None)
    window.table["write"].trigger()
    qtbot.waitUntil(lambda: document.can_edit and not document.has_edits)
    assert len(FileSet(tmp_path / "elsewhere" / "DICOMDIR")) == 30


def test_read_only_medium_is_explained(
    qtbot: QtBot,
    window: MainWindow,
    small_medium: Path,
    series_of: Callable[[int], list[Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The status line says so, the plan says why and what else to do, nothing is lost."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_medium)], check=True)
    document = open_and_stage(qtbot, window, small_medium, series_of(30))
    assert "read-only" in window.status.path.text()
    seen = look_at_problems(qtbot, monkeypatch)
    window.table["write"].trigger()
    assert "read-only" in seen[0]
    assert "another folder" in seen[0]
    assert document.has_edits
