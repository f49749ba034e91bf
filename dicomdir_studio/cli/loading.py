"""Opens the File-set that a command is called with, and asks for what that needs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from dicomdir_studio.cli.options import chosen_charset, chosen_password_file
from dicomdir_studio.cli.outcome import note_findings, tell
from dicomdir_studio.cli.passwords import asked, password_from
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.media.errors import PasswordNeededError
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset import FileSet

_TRIES = 3


def loaded(path: Path, *, salvage: bool) -> FileSet:
    """Open the File-set at `path` as a job and list its findings on standard error."""
    password_file = chosen_password_file()
    password = None if password_file is None else password_from(password_file)
    tries = _TRIES if password_file is None else 1
    while True:
        try:
            file_set = _opened(path, password, salvage=salvage)
        except PasswordNeededError as error:
            tries -= error.was_wrong
            if not tries:
                raise
            if error.was_wrong:
                tell("That is not the password")
            password = asked(f"Password of {path}", "--password-file")
        else:
            note_findings(file_set)
            return file_set


def _opened(path: Path, password: str | None, *, salvage: bool) -> FileSet:
    """Open a File-set as a job."""
    charset = chosen_charset()
    with warnings.catch_warnings():
        # The findings report these too, with clause and remedy.
        warnings.filterwarnings("ignore", r"(The referenced SOP|[\d,]+ more files are missing)")
        return run_job(
            "Opening",
            lambda monitor: open_file_set(
                path, salvage=salvage, charset=charset, password=password, monitor=monitor
            ),
        )
