"""A medium on which files must be renamed: no hard links, and no room for copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.storage import Room, Volume

if TYPE_CHECKING:
    import pytest

ENOUGH_TO_RENAME = 1 << 17
"""Bytes for the DICOMDIR, folders and the journal of some dozen files."""


def leave_no_room(patch: pytest.MonkeyPatch, free: int | None = ENOUGH_TO_RENAME) -> None:
    """Let every volume be without hard links, and have that many bytes free."""
    patch.setattr(Volume, "knows_links", False)
    patch.setattr(Volume, "try_link", lambda *_: False)
    patch.setattr(Volume, "room", lambda _: Room(free, 512, None))
