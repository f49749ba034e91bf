"""A picture of the window at work: ``python -m dicomdir_studio.gui.screenshot OUT.png [--dark]``.

Opens the File-sets named, by default the demo with additions and a removal staged
and a search done, and saves what the user would see.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.gui import style
from dicomdir_studio.gui.application import make_application, make_window
from dicomdir_studio.session.demo import make_demo
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.settings import SettingsStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QApplication

    from dicomdir_studio.gui.document import Document
    from dicomdir_studio.gui.main_window import MainWindow

_WIDTH, _HEIGHT = 1440, 900
_PATIENCE_SECONDS = 60.0
_ADDED = 3
_REMOVED_STUDY = "Carotids"


def main(arguments: Sequence[str] | None = None) -> int:
    """Save the picture and return the exit code."""
    parser = argparse.ArgumentParser(prog="dicomdir_studio.gui.screenshot")
    parser.add_argument("target", type=Path, help="the PNG to write")
    parser.add_argument("paths", nargs="*", type=Path, help="File-sets to open")
    parser.add_argument("--dark", action="store_true", help="in the dark palette")
    parser.add_argument("--welcome", action="store_true", help="with nothing open")
    given = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = make_application()
    with (
        tempfile.TemporaryDirectory(prefix="dicomdir-studio-picture-") as folder,
        JobRunner() as runner,
    ):
        style.apply_style(app, style.Appearance.DARK if given.dark else style.Appearance.LIGHT)
        window = make_window(runner, SettingsStore(Path(folder) / "settings.json"))
        window.resize(_WIDTH, _HEIGHT)
        window.show()
        if not given.welcome:
            _fill(app, window, given.paths, Path(folder))
        settle(app)
        saved = window.grab().save(str(given.target))
        for document in window.documents():
            window.closing.discard(document)
        window.close()
    if not saved:
        sys.stderr.write(f"The picture cannot be written: {given.target}\n")
    return 0 if saved else 1


def _fill(app: QApplication, window: MainWindow, paths: Sequence[Path], folder: Path) -> None:
    """Open what is to be seen."""
    if paths:
        for path in paths:
            document = window.open_path(path)
            wait(app, lambda document=document: document.can_edit)  # type: ignore[misc]
        return
    demo = make_demo(folder / "demo")
    document = window.open_path(demo.root)
    wait(app, lambda: document.can_edit)
    window.panels.arrange_first()  # for the size of the picture, not of the screen
    _stage(app, window, document, [str(path) for path in demo.additions[:_ADDED]])


def _stage(app: QApplication, window: MainWindow, document: Document, additions: list[str]) -> None:
    """Stage additions and a removal, and search, as the user would."""
    document.add(additions)
    wait(app, lambda: document.can_edit)
    assert document.file_set is not None  # noqa: S101 - it was opened above
    tree = document.file_set.tree
    study = document.file_set.search({"StudyDescription": _REMOVED_STUDY})
    records = list({id(one.node.parent.parent): one.node.parent.parent for one in study}.values())
    document.remove(records)
    document.view.collapseAll()
    document.view.reveal([patient for patient in tree.children if patient.tally.additions])
    document.view.reveal([study[0].node])
    window.panels.show_search()
    window.panels.search.search_for("Modality", "MR")
    wait(app, lambda: window.job_bar.job is None)
    document.view.show_records(records[:1])
    document.notice.hide()
    document.view.scrollToTop()
    document.view.setFocus()


def wait(app: QApplication, done: Callable[[], bool]) -> None:
    """Let the window work until something is done."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise StudioError("The window did not get ready in time")
        app.processEvents()
        time.sleep(0.005)


def settle(app: QApplication) -> None:
    """Let all that is under way be painted."""
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    sys.exit(main())
