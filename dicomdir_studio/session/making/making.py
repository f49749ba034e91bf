"""The media of a proposal, written one by one; each is whole, or nothing is left of it."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicomdir_studio.media.burning import BurnOptions, burn
from dicomdir_studio.media.producing import write_medium
from dicomdir_studio.media.volumes import VolumeError, stick_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.making.proposal import Proposal, ProposedDisc


@dataclass(frozen=True, slots=True)
class Step:
    """One medium that is to be made.

    Attributes
    ----------
    disc : ProposedDisc
        What goes on it.
    copy : int
        Which copy of it, from 1.
    place : int
        Which step of all, from 1.
    """

    disc: ProposedDisc
    copy: int
    place: int


@dataclass(frozen=True, slots=True)
class MadeMedium:
    """One medium that was made.

    Attributes
    ----------
    step : Step
        Which one.
    where : str
        The folder or file, or the drive that burned it.
    bytes : int
        Bytes of the image or archive; of a folder those of its files.
    digests : dict of str to str
        SHA-256 of every file on it.
    verified : bool
        Whether every byte was read back and compared.
    seconds : float
        How long it took.
    """

    step: Step
    where: str
    bytes: int
    digests: Mapping[str, str] = field(repr=False)
    verified: bool
    seconds: float


def steps_of(proposal: Proposal) -> tuple[Step, ...]:
    """Return the media in the order in which they are made: every copy of a disc, then the next."""
    copies = proposal.amount // max(1, len(proposal.discs))
    pairs = [(disc, copy) for disc in proposal.discs for copy in range(1, copies + 1)]
    return tuple(Step(disc, copy, place) for place, (disc, copy) in enumerate(pairs, 1))


def write_step(proposal: Proposal, step: Step, monitor: Monitor) -> MadeMedium:
    """Write a folder, a ZIP file, an image or a stick.

    Raises
    ------
    StudioError
        If it could not be written; nothing is left of it.
    """
    path, order = step.disc.path, proposal.order
    if order.stick is not None and step.place > 1:
        order = order.on_stick(_next_stick(path))
    receipt = write_medium(step.disc.plan, path, order, monitor=monitor)
    return MadeMedium(
        step, receipt.path, receipt.bytes, receipt.digests, receipt.verified, receipt.seconds
    )


def _next_stick(path: str) -> Volume:
    """Return the stick that was put in at a place; raise if there is none."""
    volume = stick_at(path)
    if volume is None:
        raise VolumeError("There is no stick", where=path, remedy="Put it in, and open it")
    return volume


class DiscMaker:
    """Burns the discs of a proposal; the image of each is made once, for all its copies.

    Parameters
    ----------
    proposal : Proposal
        What is to be made.
    burner : Burner
        The program that burns.
    """

    def __init__(self, proposal: Proposal, burner: Burner) -> None:
        self._proposal = proposal
        self._burner = burner
        self._digests: dict[str, Mapping[str, str]] = {}

    def burn_step(self, step: Step, monitor: Monitor) -> MadeMedium:
        """Make the image of a disc if it is not there, and burn it.

        Raises
        ------
        StudioError
            If it could not be burned; the image is kept, to try it again.
        """
        begun = time.monotonic()
        wish, path = self._proposal.wish, step.disc.path
        if path not in self._digests:
            receipt = write_medium(step.disc.plan, path, self._proposal.order, monitor=monitor)
            self._digests[path] = receipt.digests
        options = BurnOptions(blanked=wish.blanked, verified=wish.verified)
        (burned,) = burn(self._burner, wish.out, [path], options, monitor=monitor)
        size = Path(path).stat().st_size
        if step.copy == wish.copies:
            with contextlib.suppress(OSError):
                os.unlink(path)
        return MadeMedium(
            step, wish.out, size, self._digests[path], burned.verified, time.monotonic() - begun
        )
