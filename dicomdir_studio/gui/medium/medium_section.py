"""How much one medium holds, and whether what does not fit is divided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium.sections import Section
from dicomdir_studio.media.sizes import capacity_of
from dicomdir_studio.session.making.wish import Goal
from dicomdir_studio.standard.media import DISCS

if TYPE_CHECKING:
    from dicomdir_studio.session.making.devices import Device

_NONE: Final = ""
_OWN: Final = "own"
_DEVICE: Final = "device"


class MediumSection(Section):
    """The medium's size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Medium")
        self.heading.setText(self.title)
        self._device: Device | None = None
        self.kind = QComboBox(self)
        self.kind.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.own_size = self.line(self.tr("700 MB, 32 GB, 4.7GB"))
        self.labelled(self.tr("Si&ze"), self.kind)
        self.size_row = self.labelled(self.tr("&Own size"), self.own_size)
        self.span = self.box(
            self.tr("&Divide if it does not fit"),
            self.tr("Studies that fit on one medium are kept together, and so are series"),
        )
        self.fill(Goal.ISO, None)
        self.kind.currentIndexChanged.connect(self._chosen)
        self._show_rows()

    def fill(self, goal: Goal, device: Device | None) -> None:
        """Offer the sizes that a target can have; what was chosen stays if it is among them."""
        before = self.kind.currentData()
        self._device = device
        self.kind.blockSignals(True)
        self.kind.clear()
        if goal in {Goal.STICK, Goal.DISC} and device is not None and device.free is not None:
            text = (
                self.tr("Free space of the stick: {0}")
                if goal is Goal.STICK
                else self.tr("The disc in the drive: {0}")
            )
            self.kind.addItem(text.format(wording.size(device.free)), _DEVICE)
        if goal is not Goal.DISC:
            self.kind.addItem(self.tr("As much as needed"), _NONE)
        if goal is not Goal.STICK:
            for disc in DISCS.values():
                self.kind.addItem(disc.label, disc.name)
        self.kind.addItem(self.tr("Own size…"), _OWN)
        place = self.kind.findData(before) if before is not None else -1
        if before == _NONE and goal in {Goal.STICK, Goal.DISC}:
            place = 0
        self.kind.setCurrentIndex(max(0, place))
        self.kind.blockSignals(False)
        self._show_rows()

    @property
    def medium(self) -> str:
        """A kind of disc or a size, as presets and the command line write it; "" for none."""
        kind = str(self.kind.currentData() or "")
        if kind == _OWN:
            return self.own_size.text().strip()
        return "" if kind == _DEVICE else kind

    @property
    def capacity(self) -> int | None:
        """Bytes of one medium, None if they do not matter or are not told rightly."""
        if self.kind.currentData() == _DEVICE:
            return None if self._device is None else self._device.free
        try:
            return capacity_of(self.medium) if self.medium else None
        except ValueError:
            return None

    @property
    def own_problem(self) -> str:
        """Why the own size will not do, empty if it will."""
        if self.kind.currentData() != _OWN or self.capacity is not None:
            return ""
        return self.tr("Give a size such as 700 MB or 32 GB")

    def choose(self, medium: str) -> None:
        """Choose a kind of disc or a size."""
        place = self.kind.findData(medium)
        if place < 0:
            self.own_size.setText(medium)
            place = self.kind.findData(_OWN)
        self.kind.setCurrentIndex(place)

    def _chosen(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        kind = self.kind.currentData()
        self.size_row.setVisible(kind == _OWN)
        self.span.setVisible(kind != _NONE)
