"""What a drop carries: the paths of files and folders, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData


def dropped_paths(data: QMimeData) -> list[str]:
    """Return the local paths in the data of a drag, in order, none twice."""
    if not data.hasUrls():
        return []
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return list(dict.fromkeys(path for path in paths if path))
