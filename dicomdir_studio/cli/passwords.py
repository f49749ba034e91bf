"""Passwords, asked for on the terminal or read from a file, never given as an argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.outcome import clean
from dicomdir_studio.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def password_from(path: Path) -> str:
    """Return the password that is the first line of a file.

    Raises
    ------
    StorageError
        If the file cannot be read, or its first line is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StorageError(
            "The file with the password cannot be read", where=path, why=reason
        ) from error
    if not lines or not lines[0]:
        raise StorageError(
            "The file with the password has an empty first line",
            where=path,
            remedy="Write the password into its first line",
        )
    return lines[0]


def asked(question: str, option: str, *, twice: bool = False) -> str:
    """Ask for a password on the terminal, without echo.

    Parameters
    ----------
    question : str
        The prompt.
    option : str
        The option that names a file instead, for the error without a terminal.
    twice : bool, optional
        Ask for it again to confirm it.

    Raises
    ------
    click.UsageError
        If there is no terminal.
    """
    if not sys.stdin.isatty():
        message = f"{question}: there is no terminal to ask on; name a file with {option}"
        raise click.UsageError(message)
    answer: str = click.prompt(
        clean(question), hide_input=True, confirmation_prompt=twice, err=True
    )
    return answer
