"""What a drag from the file manager carries, told without holding up the window."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QMimeData

_FORMAT: Final = "text/uri-list"
_SCHEME: Final = b"file:"
# A list longer than this (bytes) is taken apart by a job.
_MUCH: Final = 100_000
# Names by which a file of this computer is told on some systems.
_HERE: Final = frozenset(("", "localhost"))


def carries_files(data: QMimeData) -> bool:
    """Return whether a drag carries a file or folder of this computer, perhaps among others."""
    return data.hasUrls() and _SCHEME in bytes(data.data(_FORMAT).data()).lower()


def dropped(data: QMimeData) -> Sequence[str] | bytes:
    """Return the local paths that were dropped, or for very many what `paths_in` makes them of."""
    if not data.hasUrls():
        return []
    raw = bytes(data.data(_FORMAT).data())
    return raw if len(raw) > _MUCH else dropped_paths(data)


def dropped_paths(data: QMimeData) -> list[str]:
    """Return the local paths in the data of a drag, in order, none twice."""
    if not data.hasUrls():
        return []
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return list(dict.fromkeys(path for path in paths if path))


def paths_in(raw: bytes) -> list[str]:
    """Return the local paths in a list of URIs (RFC 2483), in order, none twice; a job's work."""
    found: dict[str, None] = {}
    for line in raw.split(b"\n"):
        if line[: len(_SCHEME)].lower() != _SCHEME:
            continue
        parts = urlsplit(line.strip().decode("utf-8", "surrogateescape"))
        away = parts.netloc.lower() not in _HERE
        path = _local(f"//{parts.netloc}{parts.path}" if away else parts.path)
        if path:
            found[path] = None
    return list(found)


def _local(path: str) -> str:
    """Return the path that the path of a URI stands for; names in any encoding stay as they are."""
    if os.name == "posix":
        return os.fsdecode(unquote_to_bytes(path.encode("utf-8", "surrogateescape")))
    return url2pathname(path)
