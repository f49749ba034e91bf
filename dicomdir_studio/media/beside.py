"""All that lies on a medium beside the File-set: README and pages, further folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.folders import folder_files
from dicomdir_studio.media.pdi import PortableData
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dicomdir_studio.media.gallery import Gallery
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order


class Beside:
    """What is added to each medium of a set.

    Parameters
    ----------
    order : Order
        What is asked for.
    whole : MediumPlan
        The File-set, not yet divided.
    gallery : Gallery or None
        Pictures for web pages, if there are to be pages.
    monitor : Monitor, optional
        Can cancel.

    Attributes
    ----------
    gallery : Gallery or None
        The pictures.

    Raises
    ------
    UnfitForMediumError
        If a further folder has no place on a medium.
    """

    def __init__(
        self,
        order: Order,
        whole: MediumPlan,
        gallery: Gallery | None = None,
        *,
        monitor: Monitor | None = None,
    ) -> None:
        self.gallery = gallery
        self._files = folder_files(
            order.folders, monitor or Monitor(), has_autorun=order.has_autorun
        )
        titles = [folder.title for folder in order.folders]
        _refuse_mixing(whole, titles)
        self._data = (
            PortableData(order.publisher, whole, gallery, titles)
            if order.publisher is not None
            else None
        )

    def on(self, plan: MediumPlan) -> MediumPlan:
        """Return the plan of a medium with all of it.

        Raises
        ------
        UnfitForMediumError
            If a name is taken.
        """
        full = plan if self._data is None else self._data.on(plan)
        return full.with_extras(self._files)

    def at_most(self, names: Collection[str]) -> Iterable[tuple[str, int]]:
        """Yield name and length, at most, of what `on` adds to a medium with these instances."""
        yield from ((file.name, file.size) for file in self._files)
        if self._data is not None:
            yield from self._data.at_most(names)

    def label(self, plan: MediumPlan) -> list[str]:
        """Return the lines of the label of a medium; none unless IHE PDI was asked for."""
        return [] if self._data is None else self._data.label(plan)


def _refuse_mixing(plan: MediumPlan, titles: Collection[str]) -> None:
    """Raise if a further folder would lie in a directory of DICOM files."""
    dicom = {file.name.partition("/")[0].upper() for file in plan.files}
    for title in titles:
        if title in dicom:
            raise UnfitForMediumError(
                said("An additional folder has the name of a folder of the File-set"),
                where=title,
                why=said("folders with DICOM files hold nothing else, IHE RAD TF-2 4.47"),
                remedy=said("Give it another name"),
            )
