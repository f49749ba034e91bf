"""What the command line needs of the desktop window, which it does not import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Desktop(Protocol):
    """The desktop front end, passed in by the program."""

    def open_window(self, paths: list[str]) -> int:
        """Open the window on `paths` and return its exit code when it is closed."""
        ...

    def save_screenshot(self, target: Path, paths: list[str]) -> None:
        """Save a picture of the window on `paths`, without a display."""
        ...
