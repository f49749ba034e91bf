"""Small files of our own, replaced whole or not at all, and set aside when broken."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dicomdir_studio.courtesy import giving_way
from dicomdir_studio.errors import StorageError


def write_text_safely(path: Path, *text: str) -> None:
    """Replace the file at `path` by one holding `text`, so that a reader finds old or new.

    Parameters
    ----------
    path : Path
        The file.
    *text : str
        What it is to hold, in one part or, where it is long, in many: each part holds up
        other threads while it is encoded.

    Raises
    ------
    StorageError
        If the folder cannot be made or the file not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                for part in giving_way(text):
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise StorageError(
            "The file cannot be written", where=path, why=error.strerror or str(error)
        ) from error


def read_json_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in `path`, None if there is no such file.

    Raises
    ------
    ValueError
        If the file holds something else.
    OSError
        If it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    value = json.loads(text)
    if not isinstance(value, dict):
        message = "it does not hold a JSON object"
        raise ValueError(message)  # noqa: TRY004 - the content is wrong, not a caller's type
    return value


def set_aside(path: Path) -> Path | None:
    """Rename a broken file so that nothing overwrites it; return where it is now, if it is."""
    kept = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        path.replace(kept)
    except OSError:
        return None
    return kept
