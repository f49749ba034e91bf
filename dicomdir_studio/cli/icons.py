"""The command that adds icons to directory records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import (
    backup_option,
    dry_run_option,
    path_argument,
    salvage_option,
)
from dicomdir_studio.cli.outcome import Exit, ending, tell
from dicomdir_studio.cli.staging import make_icons
from dicomdir_studio.cli.writing import carry_out
from dicomdir_studio.fileset import Layout
from dicomdir_studio.session.icons import BUDGET, SIDE, IconOptions

if TYPE_CHECKING:
    from pathlib import Path

_MEGABYTE = 1_000_000


@click.command("icons")
@path_argument
@click.option("--size", default=SIDE, show_default=True, help="Rows and columns of each icon.")
@click.option("--grey", is_flag=True, help="Make greyscale icons, which are smaller.")
@click.option("--series-only", is_flag=True, help="Make icons for series only, not for images.")
@click.option(
    "--budget",
    default=BUDGET // _MEGABYTE,
    show_default=True,
    help="Limit for the size of all icons in megabytes; series come first.",
)
@dry_run_option
@backup_option
@salvage_option
def icons(
    path: Path,
    *,
    size: int,
    grey: bool,
    series_only: bool,
    budget: int,
    dry_run: bool,
    backup: bool,
    salvage: bool,
) -> int:
    """Add an icon to every image or series record at PATH that has none.

    Only the DICOMDIR is written; the files stay as they are.
    """
    file_set = loaded(path, salvage=salvage)
    options = IconOptions(
        size, size, colour=not grey, images=not series_only, budget=budget * _MEGABYTE
    )
    report = make_icons(file_set, options)
    if not report.records:
        tell("Nothing to write: no icon was added")
        return Exit.NOTHING
    plan = file_set.plan(layout=Layout.KEEP, backup=backup)
    undone = [*report.refused, *range(report.beyond)]
    otherwise = ending(len(report.records), undone)
    return carry_out(file_set, plan, dry_run=dry_run, verify=False, otherwise=otherwise)
