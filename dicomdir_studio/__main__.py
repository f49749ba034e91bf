"""The program: the one module that imports both front ends and connects them."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dicomdir_studio.errors import StudioError

_SCREENSHOT_SECONDS = 120


class QtDesktop:
    """The desktop window, imported only on demand."""

    def open_window(self, paths: list[str]) -> int:
        """Open the window on `paths` and return its exit code when it is closed."""
        if not _may_have_display():  # Qt would end the process
            raise _no_window("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set")
        try:
            from dicomdir_studio.gui.application import run_window
        except ImportError as error:
            raise _no_window(str(error)) from error
        return run_window(paths)

    def save_screenshot(self, target: Path, paths: list[str]) -> None:
        """Save a picture of the window on `paths`, without a display."""
        why = _picture([str(target), *paths])
        if why is not None or not target.is_file():
            raise _no_window(why or "no picture was made")


def _may_have_display() -> bool:
    """Return False where Qt would look for a display in vain."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform in {"win32", "darwin"} or any(map(os.environ.get, names))


def _picture(words: list[str]) -> str | None:
    """Make the picture in a process of its own; return why it failed, None if it did not."""
    if getattr(sys, "frozen", False):
        # A bundle has no interpreter to start; nothing else of Qt runs in this process.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        from dicomdir_studio.gui import screenshot

        return None if screenshot.main(words) == 0 else "no picture was made"
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "dicomdir_studio.gui.screenshot", *words],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=_SCREENSHOT_SECONDS,
        check=False,
    )
    return None if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2]


def _no_window(why: str) -> StudioError:
    """Return the error for a window that cannot be shown."""
    from dicomdir_studio.errors import StudioError

    return StudioError(
        "The window cannot be shown",
        why=why,
        remedy="The commands work without it; see dicomdir-studio --help",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with `arguments` (default: those of the process) and return its exit code."""
    if getattr(sys, "frozen", False):
        # In a bundle, the processes that decode pixels are started as the program itself.
        import multiprocessing

        multiprocessing.freeze_support()
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        # Ctrl-C while the program is still being loaded: nothing was begun.
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    """Load the program and run it."""
    from dicomdir_studio.descriptors import fill_standard_streams
    from dicomdir_studio.garbage import paused_collection
    from dicomdir_studio.session.logs import start_logging, stop_logging

    fill_standard_streams()
    handler = start_logging()
    try:
        with paused_collection():
            from dicomdir_studio.cli.main import run

        return run(sys.argv[1:] if arguments is None else arguments, QtDesktop())
    finally:
        stop_logging(handler)
        if "PySide6" not in sys.modules:
            # The system takes the memory of a big File-set back at once; to take it apart
            # object by object first costs a tenth of what indexing it did.
            atexit.register(gc.freeze)


def main_window() -> int:
    """Run the program as an icon on the desktop does: all arguments are paths."""
    return main(["window", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
