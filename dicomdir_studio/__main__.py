"""The program: the one place that knows both faces and puts them together."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StudioError
from dicomdir_studio.session.logs import start_logging, stop_logging

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SCREENSHOT_SECONDS = 120


class QtDesktop:
    """The desktop face, imported only when it is asked for."""

    def open_window(self, paths: list[str]) -> int:
        """Open the window on `paths` and return its exit code when it is closed."""
        try:
            from dicomdir_studio.gui.application import run_window
        except ImportError as error:
            raise _no_window(str(error)) from error
        return run_window(paths)

    def save_screenshot(self, target: Path, paths: list[str]) -> None:
        """Save a picture of the window on `paths`; in a process of its own, without a display."""
        done = subprocess.run(
            [sys.executable, "-m", "dicomdir_studio.gui.screenshot", str(target), *paths],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=_SCREENSHOT_SECONDS,
            check=False,
        )
        if done.returncode != 0 or not target.is_file():
            raise _no_window(done.stderr.strip().rpartition("\n")[2] or "no picture was made")


def _no_window(why: str) -> StudioError:
    """Return the error for a window that cannot be shown."""
    return StudioError(
        "The window cannot be shown",
        why=why,
        remedy="The commands work without it; see dicomdir-studio --help",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with `arguments` (default: those of the process) and return its exit code."""
    handler = start_logging()
    try:
        from dicomdir_studio.cli.main import run

        return run(sys.argv[1:] if arguments is None else arguments, QtDesktop())
    except KeyboardInterrupt:
        # Ctrl-C while the program is still being loaded: nothing was begun.
        return 2
    finally:
        stop_logging(handler)


def main_window() -> int:
    """Run the program as an icon on the desktop does: all arguments are paths."""
    return main(["window", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
