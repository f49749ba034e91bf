"""Sticks and cards on the command line: listed, formatted after typing their name, ejected."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.cli.outcome import Exit, clean, say, tell
from dicomdir_studio.errors import StudioError
from dicomdir_studio.media.directory import numbered_id
from dicomdir_studio.media.orders import Target
from dicomdir_studio.media.volumes import (
    VolumeError,
    check_volume,
    format_volume,
    free_on,
    stick_at,
    volumes_here,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.media.volumes import Volume


def stick_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of sticks to a command that makes media."""
    command = click.option(
        "--eject", is_flag=True, help="Unmount the stick afterwards, so that it can be unplugged."
    )(command)
    return click.option(
        "--format",
        "is_formatted",
        is_flag=True,
        help="Erase the stick first; its name must be typed to confirm.",
    )(command)


def on_stick(
    order: Order,
    file_set: FileSet,
    options: dict[str, Any],
    try_out: Callable[[Order], bool],
) -> Order | None:
    """Return the order for a stick if its target is one's root or device, else unchanged.

    Parameters
    ----------
    order : Order
        What to make.
    file_set : FileSet
        What to write; none of its files may be on a stick that is to be erased.
    options : dict of str to object
        The options of the command.
    try_out : callable
        Told of an order before a stick is erased for it; raises if that order cannot be
        prepared, and returns whether it is to be carried out. If not, None is returned.
    """
    volume = None
    if order.target is Target.FOLDER:
        volume = volumes_here().at(order.out)
    if volume is None:
        if options["is_formatted"] or options["eject"]:
            raise click.UsageError(
                f"{order.out} is not the root of a stick; list them with the command sticks"
            )
        return order
    if options["is_formatted"] and not options["dry_run"]:
        room = min(filter(None, (order.capacity, volume.capacity)), default=None)
        if not try_out(replace(order, capacity=room, is_stick=True)):
            return None
        _format(volume, order, file_set)
    mounted = stick_at(volume.device) or stick_at(order.out)
    if mounted is None:
        raise VolumeError("The stick was removed", where=order.out)
    for note in check_volume(mounted, order.profile):
        tell(f"note: {note}")
    return order.on_stick(mounted)


def _format(volume: Volume, order: Order, file_set: FileSet) -> None:
    """Erase a stick if the user types its name."""
    tell(f"Everything on {volume.title} will be erased")
    if not sys.stdin.isatty():
        raise click.UsageError("--format asks for the name of the stick, and there is no terminal")
    typed = click.prompt(f"Type {clean(volume.name)} to erase it", err=True)
    system = format_volume(
        volumes_here(),
        volume,
        typed=typed,
        label=numbered_id(file_set.ID or "", 1, 1),
        profile=order.profile,
        needed=(instance.path for instance in file_set),
    )
    say(f"Formatted {volume.device} with {system.value}")


def next_stick(order: Order, number: int, of: int) -> Order:
    """Return the order for the next stick of a set, once the user has inserted it.

    Raises
    ------
    click.Abort
        If there is none.
    """
    click.confirm(f"Stick {number} of {of}: is it in at {clean(order.out)}?", abort=True, err=True)
    volume = stick_at(order.out)
    if volume is None:
        raise VolumeError("There is no stick", where=order.out, remedy="Insert and mount it")
    return order.on_stick(volume)


def eject_stick(volume: Volume) -> None:
    """Eject a stick and print whether it can be unplugged."""
    try:
        is_safe = volumes_here().eject(volume)
    except StudioError as error:
        tell(f"warning: {error}")
        is_safe = False
    if is_safe:
        say(f"{volume.name} is safe to unplug")
    else:
        tell(
            f"warning: {volume.name} is complete, but could not be unmounted. Eject it in "
            "the file manager before you unplug it"
        )


@click.command("sticks")
def sticks() -> int:
    """List USB sticks and memory cards with their free space."""
    found = volumes_here().volumes()
    for volume in found:
        free = f", {free_on(volume) / 1e9:.1f} GB free" if volume.mount_point else ""
        say(f"{volume.title}{free}")
        for note in check_volume(volume):
            say(f"  {note}")
    if not found:
        tell("There is no stick or card, or this system does not report it")
        return Exit.NOTHING
    return Exit.DONE
