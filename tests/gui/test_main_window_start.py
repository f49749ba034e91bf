"""The program from its start to its end: paths, look, faults and errors nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from dicomdir_studio.gui import application, screenshot, style, wording
from dicomdir_studio.gui.dialogs.error import ErrorDialog
from dicomdir_studio.gui.main_window import MainWindow
from dicomdir_studio.gui.memory import LANGUAGE
from dicomdir_studio.gui.models.columns import Mark
from dicomdir_studio.session import places
from dicomdir_studio.session.settings import SettingsStore

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from dicomdir_studio.session.jobs import JobRunner


def the_window() -> MainWindow:
    """Return the window that is shown."""
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    return next(w for w in found if w.isVisible())


def test_runs_from_start_to_end(qapp: QApplication, disc: Path) -> None:
    """The window opens the File-sets named and its end is the program's."""
    seen: list[str] = []

    def look() -> None:
        window = the_window()
        document = window.current
        if document is None or not document.can_edit:
            QTimer.singleShot(20, qapp, look)
            return
        seen.append(document.title)
        window.close()

    QTimer.singleShot(0, qapp, look)
    assert application.run_window([str(disc)]) == 0
    assert seen == ["PYDICOM_TEST"]
    assert not (places.log_dir() / "faults.log").exists()


@pytest.mark.parametrize(
    ("language", "number", "size"), [("de", "20.000", "3,5 kB"), ("en", "20,000", "3.5 kB")]
)
def test_numbers_are_written_as_the_language_does(
    qapp: QApplication, language: str, number: str, size: str
) -> None:
    """Whatever the system writes, a German sentence has a decimal comma."""
    store = SettingsStore()
    store.settings.preferences[LANGUAGE] = language
    assert store.save()
    before = wording.size(3_500)
    seen: list[str] = []

    def look() -> None:
        seen.extend((wording.number(20_000), wording.size(3_500)))
        the_window().close()

    QTimer.singleShot(0, qapp, look)
    assert application.run_window([]) == 0
    assert seen == [number, size]
    assert wording.size(3_500) == before


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_heading_is_cut_at_the_start(qapp: QApplication, language: str) -> None:
    """Tables are measured in the style that they are painted in."""
    qapp.setStyleSheet("")
    store = SettingsStore()
    store.settings.preferences[LANGUAGE] = language
    assert store.save()
    cut: list[str] = []

    def look() -> None:
        window = the_window()
        for view in (window.panels.search.view, window.panels.findings.view):
            header = view.header()
            header.ensurePolished()
            cut.extend(
                str(view.model().headerData(column, Qt.Orientation.Horizontal))
                for column in range(header.count())
                if header.sectionSize(column) < header.sectionSizeHint(column)
            )
        window.close()

    QTimer.singleShot(0, qapp, look)
    assert application.run_window([]) == 0
    assert cut == []


def test_what_a_killed_run_unpacked_is_cleared_away(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start clears it away beside the window."""
    temporary = tmp_path / "temporary"
    temporary.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    subprocess.run(
        [sys.executable, "-c", _MAKE_AND_DIE],
        env={**os.environ, "TMPDIR": str(temporary), "TEMP": str(temporary)},
        check=False,
    )
    (left,) = temporary.iterdir()
    end = time.monotonic() + 30

    def look() -> None:
        if left.exists() and time.monotonic() < end:
            QTimer.singleShot(20, qapp, look)
        else:
            the_window().close()

    QTimer.singleShot(0, qapp, look)
    assert application.run_window([]) == 0
    assert not left.exists()


_MAKE_AND_DIE = """
import os
from dicomdir_studio.storage.scratch import Scratch
made = Scratch()
os._exit(9)
"""


def test_what_opening_takes_is_imported_before(runner: JobRunner) -> None:
    """Each name is that of a module, and there when the job has ended."""
    application.get_ready(runner)
    for job in runner.jobs:
        job.result(60)
    assert all(name in sys.modules for name in application._NEEDED_TO_OPEN)


def test_fault_of_the_last_run_is_told(qapp: QApplication, home: Path) -> None:
    """What faulthandler wrote down comes as a dialog at the next start."""
    log = places.log_dir() / "faults.log"
    log.parent.mkdir(parents=True)
    log.write_text("Fatal Python error: Segmentation fault\n", encoding="utf-8")
    told: list[str] = []

    def look() -> None:
        window = the_window()
        dialogs = window.findChildren(ErrorDialog)
        if not dialogs:
            QTimer.singleShot(20, qapp, look)
            return
        told.append(dialogs[0].report)
        dialogs[0].close()
        window.close()

    QTimer.singleShot(0, qapp, look)
    application.run_window([])
    assert "Segmentation fault" in told[0]


def test_no_fault_no_dialog(tmp_path: Path) -> None:
    """A missing or an empty log says that the last run ended well."""
    assert application.read_faults(tmp_path / "none.log") is None
    empty = tmp_path / "empty.log"
    empty.touch()
    assert application.read_faults(empty) is None


def test_unforeseen_error_is_shown(
    qtbot: QtBot, window: MainWindow, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception that nobody caught is logged and shown, and the hooks are put back."""
    before = sys.excepthook
    with application.caught_errors(window):
        error = RuntimeError("boom")
        sys.excepthook(RuntimeError, error, None)
    assert sys.excepthook is before
    dialogs = window.findChildren(ErrorDialog)
    assert len(dialogs) == 1
    assert "Unforeseen" in caplog.text
    dialogs[0].close()


@pytest.mark.parametrize("arguments", [[], ["--dark"], ["--welcome"]])
def test_picture_of_the_window(tmp_path: Path, arguments: list[str]) -> None:
    """The command that makes the README's picture makes one."""
    target = tmp_path / "window.png"
    assert screenshot.main([str(target), *arguments]) == 0
    assert target.stat().st_size > 20_000


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("shown", "least"),
    [(style.LIGHT, 4.5), (style.DARK, 4.5), (style.CONTRAST, 7)],
    ids=["light", "dark", "contrast"],
)
def test_text_can_be_read(shown: style.Colours, least: float) -> None:
    """Every text has a contrast of 4.5 or 7 to 1 with every ground that it stands on."""
    pairs = [
        (text, ground)
        for text in (shown.text, shown.muted)
        for ground in (shown.window, shown.base, shown.alternate, shown.selection, shown.hover)
    ]
    pairs += [
        (shown.accent, shown.selection),
        (shown.on_accent, shown.accent),
        (shown.added, shown.added_ground),
        (shown.removed, shown.removed_ground),
        (shown.changed, shown.changed_ground),
    ]
    poor = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < least}
    assert not poor


def test_every_mark_has_colours(qapp: QApplication) -> None:
    """No badge is painted without a ground of its own."""
    grounds = {mark: style.mark_colours(mark)[1].name() for mark in Mark}
    assert len({grounds[mark] for mark in (Mark.ADDED, Mark.REMOVED, Mark.CHANGED)}) == 3


def test_the_system_is_followed(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that asks for high contrast gets it, whatever its scheme of colours."""
    wanted = Qt.ContrastPreference.HighContrast

    class Hints:
        def accessibility(self) -> Hints:
            return self

        def contrastPreference(self) -> Qt.ContrastPreference:
            return wanted

        def colorScheme(self) -> Qt.ColorScheme:
            return Qt.ColorScheme.Dark

    monkeypatch.setattr(QGuiApplication, "styleHints", Hints)
    try:
        style.apply_style(qapp, style.Appearance.SYSTEM)
        assert style.colours() is style.CONTRAST
        wanted = Qt.ContrastPreference.NoPreference
        style.apply_style(qapp, style.Appearance.SYSTEM)
        assert style.colours() is style.DARK
    finally:
        style.apply_style(qapp, style.Appearance.LIGHT)
    assert style.colours() is style.LIGHT
