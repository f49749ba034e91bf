"""Showing a file where it lies, in the file manager of the system."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices

_SERVICE = "org.freedesktop.FileManager1"


def show_file(path: str) -> None:
    """Select a file in the file manager; where that cannot be, open its folder.

    Parameters
    ----------
    path : str
        Absolute path of the file.
    """
    command = _command(path)
    if command is None:
        open_folder(path)
        return
    try:
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        open_folder(path)


def open_folder(path: str) -> None:
    """Open the folder that holds a file."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).parent)))


def _command(path: str) -> list[str] | None:
    """Return the command that selects a file, None where the system has none."""
    if sys.platform == "win32":
        return ["explorer", f"/select,{path}"]
    if sys.platform == "darwin":
        return ["open", "-R", path]
    sender = shutil.which("dbus-send")
    if sender is None:
        return None
    address = QUrl.fromLocalFile(path).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    return [
        sender, "--session", f"--dest={_SERVICE}", "--type=method_call",
        "/org/freedesktop/FileManager1", f"{_SERVICE}.ShowItems",
        f"array:string:{address}", "string:",
    ]  # fmt: skip


def documents_folder() -> str:
    """Return the folder of the user's documents, the home folder where there is none."""
    places = QStandardPaths.StandardLocation
    documents = QStandardPaths.writableLocation(places.DocumentsLocation)
    if documents and Path(documents).is_dir():
        return documents
    return QStandardPaths.writableLocation(places.HomeLocation)
