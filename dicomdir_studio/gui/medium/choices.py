"""The left side of the page: all choices, one below the other."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from dicomdir_studio.fileset import Layout
from dicomdir_studio.gui.medium.content_section import ContentSection
from dicomdir_studio.gui.medium.extras_section import ExtrasSection
from dicomdir_studio.gui.medium.medium_section import MediumSection
from dicomdir_studio.gui.medium.profile_section import ProfileSection
from dicomdir_studio.gui.medium.sections import Section
from dicomdir_studio.gui.medium.target_section import TargetSection, checked
from dicomdir_studio.gui.phrases import in_language
from dicomdir_studio.session.making.proposal import Place
from dicomdir_studio.session.making.wish import Goal, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtCore import QEvent, QObject

    from dicomdir_studio.gui.medium.sections import Section
    from dicomdir_studio.session.making.proposal import Hindrance


class Choices(QScrollArea):
    """Target, medium, profile, content, what lies beside, verification.

    `verify` is always to be seen, so the page puts it below the others, which scroll.

    Attributes
    ----------
    changed : Signal()
        Something was chosen.
    target, medium, profile, content, extras : Section
        The parts.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choices")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verify = QCheckBox(self.tr("&Verify: read every byte back"))
        self.verify.setToolTip(self.tr("Every byte is read back and compared by its SHA-256"))
        self.verify.setChecked(True)
        self.verify.toggled.connect(lambda _on: self.changed.emit())
        inside = QWidget(self)
        self.target = TargetSection(inside)
        self.medium = MediumSection(inside)
        self.profile = ProfileSection(inside)
        self.content = ContentSection(inside)
        self.extras = ExtrasSection(inside)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 12, 0)
        layout.setSpacing(18)
        for section in self.sections.values():
            layout.addWidget(section)
            section.changed.connect(self.changed)
        layout.addStretch()
        self._align()
        self.setWidget(inside)
        self.target.goal_changed.connect(self._fit_medium)
        self.target.changed.connect(self._device_changed)
        self._device = self.target.chosen_device
        inside.installEventFilter(self)

    @property
    def sections(self) -> dict[Place, Section]:
        """The parts, by what they are about, in their order."""
        return {
            Place.TARGET: self.target,
            Place.MEDIUM: self.medium,
            Place.PROFILE: self.profile,
            Place.CONTENT: self.content,
            Place.BESIDE: self.extras,
        }

    def wish(self, parts: tuple[frozenset[str], ...] | None) -> Wish:
        """Return what is asked for.

        Parameters
        ----------
        parts : tuple of frozenset of str, or None
            What goes on which medium, as it was moved by hand.
        """
        target, medium, extras = self.target, self.medium, self.extras
        return Wish(
            goal=target.goal,
            out=target.out,
            stick=target.stick,
            profile=self.profile.profile,
            medium=medium.medium,
            capacity=medium.capacity,
            is_spanned=checked(medium.span, medium),
            layout=self.content.layout_of_files,
            names=self.content.names,
            as_it_is=self.content.as_it_is.isChecked(),
            parts=parts,
            readme=extras.readme.isChecked(),
            pages=extras.pages.isChecked(),
            institution=extras.institution.text().strip(),
            contact=extras.contact.text().strip(),
            joliet=checked(target.joliet, target),
            udf=checked(target.udf, target),
            udf_only=target.udf_only,
            deflate=checked(target.deflate, target),
            password=target.password.text() if checked(target.encrypt, target) else "",
            folders=extras.paths,
            has_autorun=checked(extras.autorun, extras),
            verified=self.verify.isChecked(),
            copies=target.copies.value(),
            blanked=checked(target.blank, target),
        )

    def take(self, wish: Wish) -> None:
        """Choose what a wish asks for; where it goes and of what stay as they are."""
        self.blockSignals(True)
        target, extras = self.target, self.extras
        target.goal = wish.goal
        self.medium.choose(wish.medium)
        self.medium.span.setChecked(wish.is_spanned)
        self.profile.profile = wish.profile
        extras.pages.setChecked(wish.pages)
        extras.readme.setChecked(wish.readme or wish.pages)
        extras.institution.setText(wish.institution)
        extras.contact.setText(wish.contact)
        extras.set_paths(wish.folders)
        extras.autorun.setChecked(wish.has_autorun)
        target.joliet.setChecked(wish.joliet)
        target.udf.setChecked(wish.udf)
        target.udf_only = wish.udf_only
        target.deflate.setChecked(wish.deflate)
        self.verify.setChecked(wish.verified)
        self.content.keep.setChecked(wish.layout is Layout.KEEP)
        self.blockSignals(False)
        self.changed.emit()

    def own_hindrances(self) -> dict[Place, list[str]]:
        """Return what of the choices themselves cannot be, by their place."""
        told = {
            Place.TARGET: self.target.password_problem or self.target.device_problem,
            Place.MEDIUM: self.medium.own_problem,
        }
        return {place: [text] for place, text in told.items() if text}

    def tell(self, hindrances: list[Hindrance], own: dict[Place, list[str]]) -> None:
        """Say what stands in the way, each at its place."""
        for place, section in self.sections.items():
            here = [one for one in hindrances if one.place is place]
            told = [*(f"{in_language(text)}." for text in own.get(place, [])), *_told(here)]
            details = [in_language(one.detail) for one in here if one.detail]
            section.tell(list(dict.fromkeys(told)), details)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Make the scroll area as wide as its content needs."""
        if event.type() == event.Type.LayoutRequest:
            self._widen()
        return super().eventFilter(watched, event)

    def _align(self) -> None:
        """Let the fields of all parts begin at one line."""
        labels = [label for section in self.sections.values() for label in section.labels]
        width = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(width)

    def _widen(self) -> None:
        bar = self.verticalScrollBar().sizeHint().width()
        inside = self.widget()
        if inside is not None:
            self.setMinimumWidth(inside.minimumSizeHint().width() + bar)

    def _fit_medium(self) -> None:
        """Offer the sizes that the target can have."""
        self.medium.fill(self.target.goal, self.target.chosen_device)

    def _device_changed(self) -> None:
        """Offer the size of another drive or stick."""
        device = self.target.chosen_device
        if device != self._device:
            self._device = device
            if self.target.goal in {Goal.STICK, Goal.DISC}:
                self._fit_medium()


def _told(hindrances: list[Hindrance]) -> Iterator[str]:
    """Yield what stands in the way; a remedy that several have comes with the last of them."""
    for one, following in zip_longest(hindrances, hindrances[1:]):
        is_last = following is None or following.remedy != one.remedy
        what, remedy = in_language(one.what), in_language(one.remedy)
        yield f"{what}. {remedy}." if remedy and is_last else f"{what}."
