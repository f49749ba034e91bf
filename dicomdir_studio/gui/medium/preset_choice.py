"""Presets on the page: offered, chosen, kept; and what one says of papers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from dicomdir_studio.gui.dialogs.error import show_error
from dicomdir_studio.session.making.recipients import preset_of, wish_of
from dicomdir_studio.session.preset_store import PresetStore
from dicomdir_studio.session.presets import Preset

if TYPE_CHECKING:
    from dicomdir_studio.gui.jobs import JobPoller
    from dicomdir_studio.gui.medium.choose_page import ChoosePage
    from dicomdir_studio.media.papers.sheet import PaperFields
    from dicomdir_studio.session.making.wish import Wish


class PresetChoice(QObject):
    """Reads and keeps presets in jobs, and sets the choices of the page by them.

    Parameters
    ----------
    page : ChoosePage
        Offers the presets.
    poller : JobPoller
        Runs the reading and writing of the file of presets.
    """

    def __init__(self, page: ChoosePage, poller: JobPoller) -> None:
        super().__init__(page)
        self._page = page
        self._poller = poller
        self._store: PresetStore | None = None
        self._chosen = Preset("")
        page.preset_chosen.connect(self._take)
        page.save_wanted.connect(self._ask_and_save)
        poller.submit(
            self.tr("Reading presets"),
            lambda _monitor: PresetStore(),
            on_done=self._show,
            on_failed=lambda error: show_error(self._page, error),
            owner=self,
            quiet=True,
        )

    def paper_fields(self, wish: Wish) -> PaperFields:
        """Return what stands on papers beside the content."""
        fields = self._chosen.paper_fields()
        return replace(fields, institution=wish.institution, contact=wish.contact)

    @property
    def papers_wanted(self) -> str:
        """Which papers the preset asks for, as a sentence; empty for none."""
        chosen = self._chosen
        papers = [self.tr("labels")] if chosen.has_label else []
        papers += [self.tr("a receipt")] if chosen.has_receipt else []
        told = self.tr("The preset {0} includes {1}: save or print them here.")
        return told.format(chosen.name, self.tr(" and ").join(papers)) if papers else ""

    def save(self, name: str) -> None:
        """Keep what is chosen as a preset of the user's own, in a job."""
        store, choices = self._store, self._page.choices
        if store is None:
            return
        wish = choices.wish(None)
        preset = preset_of(name, wish, self._chosen, is_encrypted=choices.target.asks_password)
        self._poller.submit(
            self.tr("Saving the preset"),
            lambda _monitor: store.save(preset),
            on_done=lambda _none: self._show(store, name),
            on_failed=lambda error: show_error(self._page, error),
            owner=self,
            quiet=True,
        )

    def _show(self, store: PresetStore, name: str = "") -> None:
        """Offer the presets that there are."""
        self._store = store
        self._page.show_presets(store.presets())
        self._page.show_preset(name)
        if store.fault is not None:
            show_error(self._page, store.fault)

    def _take(self, preset: Preset) -> None:
        """Choose what a preset asks for; what it says of papers is kept for the result."""
        self._chosen = preset
        choices = self._page.choices
        choices.target.encrypt.setChecked(preset.is_encrypted)
        choices.take(wish_of(preset))

    def _ask_and_save(self) -> None:
        name, agreed = QInputDialog.getText(
            self._page,
            self.tr("Save as preset"),
            self.tr("Name of the preset:"),
            text=self._chosen.name,
        )
        if agreed and name.strip():
            self.save(name.strip())
