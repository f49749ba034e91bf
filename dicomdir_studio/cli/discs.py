"""Optical discs as the target of the image command: each image is made, burned and deleted."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from dicomdir_studio.cli.outcome import clean, say
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.media.burners import burner_here
from dicomdir_studio.media.burning import BurnOptions, burn, volume_name
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.producing import write_medium
from dicomdir_studio.media.targets.streams import check_room
from dicomdir_studio.media.volumes import volumes_here
from dicomdir_studio.media.xorriso import FILE_DRIVE
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.media.producing import Production
    from dicomdir_studio.media.targets import MediumReceipt

_DEVICES: Final = "/dev/"
_LETTER: Final = 3
"""The length of a drive's root on Windows, such as ``D:/``."""


def disc_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of optical discs to a command that makes media."""
    command = click.option(
        "--copies",
        type=click.IntRange(min=1),
        default=1,
        help="Number of discs to burn of each medium, if OUT is a drive.",
    )(command)
    return click.option(
        "--blank", "blanked", is_flag=True, help="Blank a rewritable disc first, which erases it."
    )(command)


@dataclass(frozen=True)
class DiscDrive:
    """A drive in which media are burned.

    Attributes
    ----------
    burner : Burner
        The program or interface that burns.
    address : str
        The burner's name for the drive.
    options : BurnOptions
        How to burn; `copies` of each disc.
    """

    burner: Burner
    address: str
    options: BurnOptions

    def check(self, production: Production, scratch: str) -> None:
        """Raise if there is no space for the largest image, which is kept until it is burned.

        Raises
        ------
        NoSpaceError
            If there is not enough; no disc was touched.
        """
        sizes = (production.bytes_of(plan) for plan in production.span.plans)
        check_room(scratch, max(sizes, default=0))

    def burn(self, plan: MediumPlan, image: str, order: Order, *, is_first: bool) -> MediumReceipt:
        """Make the image of a disc, burn the requested number of copies, and delete the image.

        Raises
        ------
        StudioError
            If it could not be burned.
        click.Abort
            If the user has no further disc.
        """
        try:
            receipt = run_job(
                "Writing", lambda monitor: write_medium(plan, image, order, monitor=monitor)
            )
            for copy in range(1, self.options.copies + 1):
                name = f"{volume_name(image) or 'the disc'}, {plan.number} of {plan.of}"
                if self.options.copies > 1:
                    name += f", copy {copy} of {self.options.copies}"
                if copy > 1 or not is_first:
                    click.confirm(
                        f"Put in a blank disc for {clean(name)}. Is it in?", abort=True, err=True
                    )
                self._burn_one(image, name)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(image)  # noqa: PTH108 - paths are strings here
        return replace(receipt, path=self.address, verified=self.options.verified)

    def _burn_one(self, image: str, name: str) -> None:
        """Burn one disc as a job."""
        once = replace(self.options, copies=1)
        (burned,) = run_job(
            "Burning",
            lambda monitor: burn(self.burner, self.address, [image], once, monitor=monitor),
        )
        checked = ", verified byte by byte" if burned.verified else ""
        say(f"Burned {name}{checked}, {burned.seconds:.0f} s")


def drive_at(out: Path, options: dict[str, Any]) -> DiscDrive | None:
    """Return the drive named as a target; None for a file, a folder or a stick.

    Raises
    ------
    BurningError
        If the target is a device, but neither a burner nor a stick.
    """
    address = str(out)
    is_root = sys.platform == "win32" and address[1:2] == ":" and len(address) <= _LETTER
    if not (address.startswith((FILE_DRIVE, _DEVICES)) or is_root):
        return None
    if not address.startswith(FILE_DRIVE) and volumes_here().at(address) is not None:
        return None
    burner = burner_here()
    known = {os.path.realpath(one.address): one.address for one in burner.drives()}
    if not address.startswith(FILE_DRIVE):
        if is_root and address.rstrip("\\/") not in known.values():
            return None
        found = known.get(os.path.realpath(address))
        found = address.rstrip("\\/") if is_root else found
        if found is None:
            raise BurningError(
                said("There is no disc burner, and no stick"),
                where=address,
                remedy=said(
                    "Use burn --list and sticks to list the devices, or name a folder elsewhere"
                ),
            )
        address = found
    chosen = BurnOptions(
        copies=options["copies"], blanked=options["blanked"], verified=options["verify"]
    )
    return DiscDrive(burner, address, chosen)
