"""A choice divided over media, by need or by hand; the last division is kept while it holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dicomdir_studio.media.division import Division
from dicomdir_studio.media.errors import MediumTooSmallError
from dicomdir_studio.media.spanning import Room, Span, divide
from dicomdir_studio.phrases import said
from dicomdir_studio.session.making.proposal import Hindrance, Place

if TYPE_CHECKING:
    from dicomdir_studio.media.beside import Beside
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.making.wish import Wish


class Divider:
    """Divides plans. Another path or a tick elsewhere does not divide the same plan again."""

    def __init__(self) -> None:
        self._plan: MediumPlan | None = None
        self._asked: tuple[object, ...] = ()
        self._span = Span(())

    def divided(
        self, plan: MediumPlan, wish: Wish, order: Order, beside: Beside, monitor: Monitor
    ) -> tuple[Span, list[Hindrance]]:
        """Return the media, as the user has them or as they need to be; and if that fails why.

        Raises
        ------
        OperationCancelledError
            If the user cancelled.
        """
        if wish.capacity is None or not wish.is_spanned or not plan.files:
            return Span((plan,)), []
        room = Room(wish.capacity, order.container, order.cluster)
        asked = (room, order.publisher, order.has_pages, order.folders, wish.parts)
        if plan is not self._plan or asked != self._asked:
            try:
                span = _divide(plan, wish.parts, room, beside, monitor)
            except MediumTooSmallError as error:
                return Span((plan,)), [_too_small(error)]
            self._plan, self._asked, self._span = plan, asked, span
        return self._span, []


def _divide(
    plan: MediumPlan,
    parts: tuple[frozenset[str], ...] | None,
    room: Room,
    beside: Beside,
    monitor: Monitor,
) -> Span:
    """Return a plan divided by need, or as the user has it.

    Of parts empty ones go, and what is on none joins the last: nothing is ever left out.
    """
    if parts is None:
        return Span.of(divide(plan, room, beside=beside.at_most, monitor=monitor))
    known = {file.name for file in plan.files}
    kept = [set(part & known) for part in parts if part & known] or [set()]
    kept[-1] |= known.difference(*kept)
    return Span.of(Division.of(plan, room, beside.at_most, kept))


def _too_small(error: MediumTooSmallError) -> Hindrance:
    """Return what an instance that is larger than the medium says."""
    name = os.path.basename(error.where or "")
    return Hindrance(
        Place.MEDIUM, said("{0}: {1} ({2})", error.what, name, error.why), error.remedy or ""
    )
