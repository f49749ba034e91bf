"""Passwords: asked for on the terminal or read from a file, never on the command line in clear."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dicomdir_studio.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def password_from(path: Path) -> str:
    """Return the password that is the first line of a file.

    Raises
    ------
    StorageError
        If it cannot be read, or its first line is empty.
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
    """Return the password that a person types, unseen.

    Parameters
    ----------
    question : str
        What is asked.
    option : str
        The option that names a file instead, for where there is no terminal.
    twice : bool, optional
        Have it typed again, since nobody sees a slip.

    Raises
    ------
    click.UsageError
        If there is nobody to ask.
    """
    if not sys.stdin.isatty():
        message = f"{question}: there is no terminal to ask on; name a file by {option}"
        raise click.UsageError(message)
    answer: str = click.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    return answer
