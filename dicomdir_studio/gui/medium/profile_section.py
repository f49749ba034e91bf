"""Which application profile the media are to conform to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium.matrix import rank, state_text
from dicomdir_studio.gui.medium.sections import Section
from dicomdir_studio.session.making.profiles import takes
from dicomdir_studio.standard.media import MEDIA
from dicomdir_studio.standard.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.media.conformance import ProfileFit
    from dicomdir_studio.media.orders import Target


class ProfileSection(Section):
    """A profile, or none.

    Attributes
    ----------
    matrix_wanted : Signal()
        Somebody wants to see what stands in the way of each.
    """

    matrix_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.title = self.tr("Application profile")
        self.heading.setText(self.title)
        self._fits: Mapping[str, ProfileFit] = {}
        self.choice = QComboBox(self)
        self.choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.choice.setMaxVisibleItems(16)
        self.choice.addItem(self.tr("None"), "")
        self.details = self.button(self.tr("What is in the wa&y…"))
        self.labelled(self.tr("Pro&file"), self.choice)
        self.after(self.details)
        self.choice.currentIndexChanged.connect(self._chosen)
        self.details.clicked.connect(self.matrix_wanted)

    @property
    def profile(self) -> str:
        """Identifier of the profile, empty for none."""
        return str(self.choice.currentData() or "")

    @profile.setter
    def profile(self, identifier: str) -> None:
        if identifier and self.choice.findData(identifier) < 0:
            self.choice.addItem(identifier, identifier)
        self.choice.setCurrentIndex(max(0, self.choice.findData(identifier)))

    def show_fits(self, fits: Mapping[str, ProfileFit], target: Target) -> None:
        """Offer the profiles of a target, those first that the content fits."""
        self._fits = fits
        chosen = self.profile
        offered = sorted((fit for fit in fits.values() if takes(fit, target)), key=rank)
        self.choice.blockSignals(True)
        self.choice.clear()
        self.choice.addItem(self.tr("None"), "")
        for fit in offered:
            name = fit.profile.identifier
            self.choice.addItem(f"{name} — {state_text(fit)}", name)
        if chosen and self.choice.findData(chosen) < 0 and chosen in PROFILES:
            self.choice.addItem(chosen, chosen)  # it stays, and what is wrong with it is told
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.choice.blockSignals(False)
        self._tell_about()

    def _chosen(self) -> None:
        self._tell_about()
        self.changed.emit()

    def _tell_about(self) -> None:
        """Say what the profile is for, and what writing it adds."""
        name = self.profile
        fit = self._fits.get(name)
        if not name:
            self.note.say("")
            return
        medium = MEDIA[PROFILES[name].medium]
        parts = [f"{medium.label}, PS3.11 {PROFILES[name].annex.removeprefix('PS3.11 ')}."]
        added = [] if fit is None else [one for one in fit.obstacles if one.is_completed]
        if added:
            parts.append(
                self.tr("Writing it adds what is missing to the DICOMDIR: {0}.").format(
                    wording.counted(len(added), self.tr("key or icon"), self.tr("keys and icons"))
                )
            )
        self.note.say(" ".join(parts))
