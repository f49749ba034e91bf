"""A picture of the dialog that makes media.

``python -m dicomdir_studio.gui.medium_screenshot OUT.png [--dark] [--page choose|profiles|result]``
opens the demo with additions staged, divides it over small discs, and saves what is seen.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.gui import style
from dicomdir_studio.gui.application import make_application
from dicomdir_studio.gui.medium.dialog import MediumDialog
from dicomdir_studio.gui.screenshot import settle, wait
from dicomdir_studio.session.demo import make_demo
from dicomdir_studio.session.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QApplication

_SIZE: Final = "200 kB"
_PROFILE: Final = "STD-GEN-CD"
_ADDED: Final = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Save the picture and return the exit code."""
    parser = argparse.ArgumentParser(prog="dicomdir_studio.gui.medium_screenshot")
    parser.add_argument("target", type=Path, help="the PNG to write")
    parser.add_argument("--dark", action="store_true", help="in the dark palette")
    parser.add_argument("--page", choices=("choose", "profiles", "result"), default="choose")
    parser.add_argument("--width", type=int, default=1160, help="of the dialog")
    parser.add_argument("--height", type=int, default=760, help="of the dialog")
    parser.add_argument("--font", type=float, default=1.0, help="how much larger letters are")
    given = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = make_application()
    font = app.font()
    font.setPointSizeF(font.pointSizeF() * given.font)
    app.setFont(font)
    style.apply_style(app, style.Appearance.DARK if given.dark else style.Appearance.LIGHT)
    with tempfile.TemporaryDirectory(prefix="dicomdir-studio-picture-") as folder:
        dialog = _dialog(app, Path(folder))
        dialog.resize(given.width, given.height)
        dialog.show()
        if given.page == "profiles":
            dialog.page.show_matrix()
        elif given.page == "result":
            dialog.accept()
            wait(app, lambda: dialog.pages.currentWidget() is dialog.result_page)
        settle(app)
        saved = dialog.grab().save(str(given.target))
        dialog.close()
        settle(app)
    if not saved:
        sys.stderr.write(f"The picture cannot be written: {given.target}\n")
    return 0 if saved else 1


def _dialog(app: QApplication, folder: Path) -> MediumDialog:
    """Return the dialog with a set divided over small discs."""
    demo = make_demo(folder / "demo")
    file_set = FileSet(demo.root / "DICOMDIR")
    file_set.add_many([str(path) for path in demo.additions[:_ADDED]])
    dialog = MediumDialog(file_set, Settings())
    choices = dialog.page.choices
    choices.target.path.setText(str(folder / "study.iso"))
    choices.medium.choose(_SIZE)
    choices.medium.span.setChecked(True)
    choices.profile.profile = _PROFILE
    choices.extras.readme.setChecked(True)
    wait(app, lambda: dialog.proposal is not None and dialog.page.matrix.rowCount() > 0)
    return dialog


if __name__ == "__main__":
    sys.exit(main())
