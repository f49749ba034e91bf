"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.fileset import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class GivenPath(click.Path):
    """A path; an empty one, as from an unset variable, is not taken for the working folder.

    Parameters
    ----------
    dir_okay : bool, optional
        Whether it may be a folder.
    """

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """Return the path; an empty one is an error."""
        if not os.fspath(value):
            self.fail("the path is empty; write . for the working folder", param, ctx)
        return super().convert(value, param, ctx)


path_argument: Decorator = click.argument("path", type=GivenPath())

json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON instead of text."
)

load_option: Decorator = click.option(
    "--load", is_flag=True, help="Also read the files, not only their directory records (slower)."
)

dry_run_option: Decorator = click.option(
    "--dry-run", is_flag=True, help="Print what would be done, and change nothing."
)

verify_option: Decorator = click.option(
    "--verify", is_flag=True, help="Read everything back after writing, and compare it."
)

backup_option: Decorator = click.option(
    "--backup", is_flag=True, help="Keep the previous DICOMDIR as DICOMDIR.BAK."
)

_CHARSET = f"{__name__}.charset"
_PASSWORD_FILE = f"{__name__}.password_file"
_AS_IT_IS = f"{__name__}.as_it_is"


def _keep_as_it_is(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """Store the option for `takes_as_it_is`."""
    context.meta[_AS_IT_IS] = value


def takes_as_it_is() -> bool:
    """Return whether files that do not match their records may be copied."""
    return bool(click.get_current_context().meta.get(_AS_IT_IS))


as_it_is_option: Decorator = click.option(
    "--as-it-is",
    is_flag=True,
    expose_value=False,
    callback=_keep_as_it_is,
    help="Write even if files do not match their records.",
)


def _keep_charset(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    """Store the option for `chosen_charset`."""
    context.meta[_CHARSET] = value


def chosen_charset() -> str | None:
    """Return the character set given for the records, None if there is none."""
    return click.get_current_context().meta.get(_CHARSET)


def _keep_password_file(
    context: click.Context, _option: click.Parameter, value: Path | None
) -> None:
    """Store the option for `chosen_password_file`."""
    context.meta[_PASSWORD_FILE] = value


def chosen_password_file() -> Path | None:
    """Return the file with the password of the archive to open, None if there is none."""
    return click.get_current_context().meta.get(_PASSWORD_FILE)


def salvage_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that determine how a DICOMDIR is read."""
    command = click.option(
        "--charset",
        metavar="TERM",
        expose_value=False,
        callback=_keep_charset,
        help="Read names in this character set ('ISO_IR 192', ...), whatever is declared.",
    )(command)
    command = click.option(
        "--password-file",
        type=GivenPath(dir_okay=False),
        expose_value=False,
        callback=_keep_password_file,
        help="Read the password of an encrypted ZIP file from the first line of this file.",
    )(command)
    return click.option(
        "--salvage/--strict",
        default=True,
        show_default=True,
        help="Read as much as possible of a damaged DICOMDIR and list the faults, or refuse it.",
    )(command)


missing_keys_option: Decorator = click.option(
    "--missing-keys",
    type=click.Choice(["fill", "refuse"]),
    default="fill",
    show_default=True,
    help="If a file lacks a value that its records need: fill in one, or refuse the file.",
)


def layout_option(default: Layout) -> Decorator:
    """Return the option that chooses between the existing and the standard layout."""
    return click.option(
        "--keep-layout/--standard-layout",
        "layout",
        default=default is Layout.KEEP,
        show_default=True,
        callback=lambda _context, _option, keep: Layout.KEEP if keep else Layout.STANDARD,
        help="Leave files where they are, or rename all of them to PT000000/ST000000/SE000000/...",
    )
