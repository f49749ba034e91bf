"""The dialog that makes media: what was made, what was not, and the receipt for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog

from dicomdir_studio.gui.medium import queue as queue_module
from dicomdir_studio.session.making.making import write_step
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal
from tests.gui.making import choose, divide, finished, make, ready, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from pytestqt.qtbot import QtBot

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.gui.medium.dialog import MediumDialog


def test_cancelling_keeps_what_is_made_and_leaves_nothing_else(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    large: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Escape stops the second image; the first is whole and stays, the result says which."""
    dialog = open_dialog(large)
    divide(dialog, "200 kB")
    choose(qtbot, dialog, Goal.ISO, tmp_path / "out.iso")

    def slow(proposal: object, step: object, monitor: object) -> object:
        if step.place == 2:  # type: ignore[attr-defined]
            while True:
                monitor.check()  # type: ignore[attr-defined]
        return write_step(proposal, step, monitor)  # type: ignore[arg-type]

    monkeypatch.setattr(queue_module, "write_step", slow)
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(dialog.queue.made) == 1 if dialog.queue else False)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    finished(qtbot, dialog)
    assert dialog.isVisible()
    assert dialog.result_page.heading.text() == "1 of 3 media made; the others were not"
    outcomes = [line.outcome for line in dialog.result_page.lines]
    assert outcomes == [
        *["made and verified"] * 2, *["cancelled"] * 2, *["not made"] * 2,
    ]  # fmt: skip
    assert [path.name for path in tmp_path.glob("*.iso*")] == ["out_1OF3.iso"]


def test_the_receipt_is_saved_and_printed(
    qtbot: QtBot,
    open_dialog: Callable[..., MediumDialog],
    staged: FileSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As text with the sum of the sums, as CSV with a row for each series, and on paper."""
    dialog = open_dialog(staged)
    choose(qtbot, dialog, Goal.FOLDER, tmp_path / "out")
    make(qtbot, dialog)
    page = dialog.result_page
    page.recipient.setText("Dr. Who")
    for name in ("receipt.pdf", "receipt.txt", "receipt.csv"):
        target = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, to=target, **_k: (to, ""))
        qtbot.mouseClick(page.save_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil((tmp_path / name).exists)
    text = (tmp_path / "receipt.txt").read_text()
    assert "SHA-256 of the manifest" in text
    assert "Doe^Peter" in text
    rows = (tmp_path / "receipt.csv").read_text().splitlines()
    assert len(rows) == 1 + len(page.lines)
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    page.print_to(printer)
    assert (tmp_path / "printed.pdf").read_bytes().startswith(b"%PDF")
    qtbot.mouseClick(page.again_button, Qt.MouseButton.LeftButton)
    ready(qtbot, dialog)
    assert "another File-set" in told(dialog, Place.TARGET)
