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
    """A path that somebody wrote: an empty one, of a variable never set, is not the working folder.

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
    "--json", "as_json", is_flag=True, help="Print JSON instead of lines for reading."
)

load_option: Decorator = click.option(
    "--load", is_flag=True, help="Read the files too, not only their directory records (slower)."
)

dry_run_option: Decorator = click.option(
    "--dry-run", is_flag=True, help="Print what would be done and change nothing."
)

verify_option: Decorator = click.option(
    "--verify", is_flag=True, help="Read everything back after writing and compare."
)

backup_option: Decorator = click.option(
    "--backup", is_flag=True, help="Keep the DICOMDIR before the write as DICOMDIR.BAK."
)

_CHARSET = f"{__name__}.charset"
_PASSWORD_FILE = f"{__name__}.password_file"
_AS_IT_IS = f"{__name__}.as_it_is"


def _keep_as_it_is(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """Note the answer for `takes_as_it_is`."""
    context.meta[_AS_IT_IS] = value


def takes_as_it_is() -> bool:
    """Return whether files may go along that are not what their records say."""
    return bool(click.get_current_context().meta.get(_AS_IT_IS))


as_it_is_option: Decorator = click.option(
    "--as-it-is",
    is_flag=True,
    expose_value=False,
    callback=_keep_as_it_is,
    help="Take files along although they are not what their records say.",
)


def _keep_charset(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    """Note the character set for `chosen_charset`."""
    context.meta[_CHARSET] = value


def chosen_charset() -> str | None:
    """Return the character set that the command line names for the records, if it does."""
    return click.get_current_context().meta.get(_CHARSET)


def _keep_password_file(
    context: click.Context, _option: click.Parameter, value: Path | None
) -> None:
    """Note the file with a password for `chosen_password_file`."""
    context.meta[_PASSWORD_FILE] = value


def chosen_password_file() -> Path | None:
    """Return the file with the password of the archive that is opened, if one is named."""
    return click.get_current_context().meta.get(_PASSWORD_FILE)


def salvage_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a DICOMDIR is read."""
    command = click.option(
        "--charset",
        metavar="TERM",
        expose_value=False,
        callback=_keep_charset,
        help="Read names as if the records said this character set ('ISO_IR 192', 'GB18030', ...).",
    )(command)
    command = click.option(
        "--password-file",
        type=GivenPath(dir_okay=False),
        expose_value=False,
        callback=_keep_password_file,
        help="The password of an encrypted ZIP file, in the first line of this file.",
    )(command)
    return click.option(
        "--salvage/--strict",
        default=True,
        show_default=True,
        help="Take what can be had from a broken DICOMDIR and say what was wrong, or refuse it.",
    )(command)


missing_keys_option: Decorator = click.option(
    "--missing-keys",
    type=click.Choice(["fill", "refuse"]),
    default="fill",
    show_default=True,
    help="For a file without a value that its records need: fill in one, or refuse the file.",
)


def layout_option(default: Layout) -> Decorator:
    """Return the choice between keeping files where they are and the standard layout."""
    return click.option(
        "--keep-layout/--standard-layout",
        "layout",
        default=default is Layout.KEEP,
        show_default=True,
        callback=lambda _context, _option, keep: Layout.KEEP if keep else Layout.STANDARD,
        help="Leave files of the folder where they are, or name all PT000000/ST000000/SE000000/...",
    )
