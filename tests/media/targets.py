"""The kinds of target that a plan is written to, and the names that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dicomdir_studio.media.targets import MediumReceipt, write_folder, write_iso, write_zip

if TYPE_CHECKING:
    from pathlib import Path

Write = Callable[..., MediumReceipt]
FILES: list[tuple[Write, str]] = [(write_zip, "out.zip"), (write_iso, "out.iso")]
ALL: list[tuple[Write, str]] = [*FILES, (write_folder, "out")]


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return [path.name for path in folder.iterdir()]
