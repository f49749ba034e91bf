"""A real window that is killed while it writes: ``python -m tests.gui.killed_window ...``.

Arguments: a File-set, a folder of files to add, the phase of the write to die in, and after
how much of it (units of that phase), and by which signal. ``-`` as File-set makes a new one and
dies as soon as its staged work is kept; ``-`` before a folder writes the new one there, ``=``
instead of it begins a new one for the folder of its files and dies like ``-``. Without
a phase it dies as soon as a question of what was added is kept, and nothing is staged.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui.application import make_application, make_window
from dicomdir_studio.session import jobs, places
from dicomdir_studio.session.jobs import JobRunner
from dicomdir_studio.session.settings import SettingsStore

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_SECONDS = 60.0


def die() -> None:
    """End as the machine's own killer would have it, a logout or a shutdown."""
    os.kill(os.getpid(), signal.Signals[sys.argv[5]])


def die_in(phase: str, after: int) -> None:
    """Arrange for the end to come in the middle of a phase of a job."""
    advance = jobs._JobMonitor.advance

    def counted(monitor: jobs._JobMonitor, amount: int = 1, detail: str = "") -> None:
        advance(monitor, amount, detail)
        if monitor.phase.name == phase and monitor.phase.done >= after:
            die()

    jobs._JobMonitor.advance = counted  # type: ignore[assignment,method-assign]


def wait(done: Callable[[], bool]) -> None:
    """Let the window work until something is done."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("The window did not get ready")
        QApplication.processEvents()
        time.sleep(0.002)


def kept() -> bool:
    """Return whether staged work has been put by."""
    return any((places.data_dir() / "staged").glob("*.staged"))


def main() -> int:
    """Stage as a person would, and be killed."""
    root, folder, phase, after, _signal = sys.argv[1:]
    make_application()
    with JobRunner() as runner:
        window = make_window(runner, SettingsStore())
        window.show()
        is_new = root.startswith(("-", "="))
        document = window.new_document() if is_new else window.open_path(Path(root))
        wait(lambda: document.can_edit)
        if root == "=":
            window.commands.make_directory(Path(folder))
            document = next(one for one in window.documents() if one.home is not None)
        else:
            document.add([folder])
        if not phase and not is_new:
            wait(lambda: document.undecided.count(document.file_set) > 0 and kept())
            assert not document.has_edits
            die()
        wait(lambda: document.can_edit and document.has_edits and kept())
        if root in {"-", "="}:
            die()
        assert document.file_set is not None
        if is_new:
            die_in(phase, int(after))
            document.execute(document.file_set.plan(root[1:]))
            wait(lambda: document.can_edit)
            return 1
        study = document.file_set.search({"StudyDescription": "Carotids"})[0].node.parent.parent
        document.remove([study])
        wait(lambda: not window.keeping.is_saving)
        die_in(phase, int(after))
        document.execute(document.file_set.plan(layout=Layout.KEEP))
        wait(lambda: document.can_edit)
    return 1


if __name__ == "__main__":
    sys.exit(main())
