"""What would be made of a wish, and what stands in its way, before anything is written."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.session.making.content import Branch
    from dicomdir_studio.session.making.wish import Wish


class Place(enum.Enum):
    """Which choice something stands in the way of."""

    TARGET = "target"
    MEDIUM = "medium"
    PROFILE = "profile"
    CONTENT = "content"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What stands in the way.

    Attributes
    ----------
    place : Place
        The choice that it is about.
    what, remedy : str
        What is the matter and what to do, as sentences without a full stop.
    instances : tuple of str
        File IDs of the instances concerned.
    detail : str
        All that is known of it, with paths and UIDs; "" if `what` says it all.
    """

    place: Place
    what: str
    remedy: str = ""
    instances: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProposedDisc:
    """One medium.

    Attributes
    ----------
    plan : MediumPlan
        What goes on it.
    path : str
        Where it goes; of a disc to be burned its image.
    used : int
        Bytes that it takes there, counted as it is written.
    capacity : int or None
        Bytes that the medium holds, None if that does not matter.
    branches : tuple of Branch
        Patients, studies and series on it.
    label : tuple of str
        The lines of its label.
    """

    plan: MediumPlan
    path: str
    used: int
    capacity: int | None
    branches: tuple[Branch, ...] = field(repr=False)
    label: tuple[str, ...] = ()

    @property
    def overflow(self) -> int:
        """Bytes that are too many."""
        return 0 if self.capacity is None else max(0, self.used - self.capacity)

    @property
    def names(self) -> frozenset[str]:
        """File IDs of the instances on it."""
        return frozenset(file.name for file in self.plan.files)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be made.

    Attributes
    ----------
    wish : Wish
        What was asked for.
    order : Order
        The same for the layer below.
    discs : tuple of ProposedDisc
        The media.
    hindrances : tuple of Hindrance
        All that stands in the way; none if it can be made.
    left_out : tuple of str
        File IDs of records whose file is missing.
    divided_studies, divided_series : tuple of str
        Study and Series Instance UIDs that are not whole on one medium.
    without_picture : int
        Instances that no picture for the pages could be made of.
    transcoded : int
        Instances whose copies on the media are in another transfer syntax, without loss.
    """

    wish: Wish
    order: Order
    discs: tuple[ProposedDisc, ...]
    hindrances: tuple[Hindrance, ...] = ()
    left_out: tuple[str, ...] = ()
    divided_studies: tuple[str, ...] = ()
    divided_series: tuple[str, ...] = ()
    without_picture: int = 0
    transcoded: int = 0

    @property
    def amount(self) -> int:
        """How many media there will be, copies included."""
        return len(self.discs) * (self.wish.copies if self.wish.goal is Goal.DISC else 1)

    @property
    def used(self) -> int:
        """Bytes of all media, each counted once."""
        return sum(disc.used for disc in self.discs)
