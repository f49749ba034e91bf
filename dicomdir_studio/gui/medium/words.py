"""How patients, studies, series, media and effects are called on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.columns import date_text
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from dicomdir_studio.session.making.content import Branch
    from dicomdir_studio.session.making.proposal import Proposal, ProposedDisc


_KINDS: Final = ((950_000_000, "CD"), (9_000_000_000, "DVD"))
"""The most bytes that discs of a kind hold, overburned ones and two layers included."""


def tr(text: str) -> str:
    """Translate a text of the page."""
    return QCoreApplication.translate("medium", text)


def title_of(branch: Branch) -> str:
    """Return what a patient, study or series is called."""
    if branch.kind == "PATIENT":
        return wording.person_name(branch.title) or tr("Patient without a name")
    noun = {"STUDY": tr("Study"), "SERIES": tr("Series")}.get(branch.kind, branch.kind.title())
    numbered = f"{noun} {branch.number}" if branch.number else noun
    if branch.title:
        return branch.title
    return numbered


def detail_of(branch: Branch) -> str:
    """Return what tells a branch from others of its name, and that it is a part."""
    part = ""
    if branch.is_part:
        part = tr("{0} of {1}").format(wording.number(len(branch.names)), wording.number(branch.of))
    if branch.kind == "STUDY":
        return wording.joined(date_text(branch.detail), part)
    if branch.kind == "PATIENT":
        return wording.joined(branch.identifier, part)
    number = tr("Series {0}").format(branch.number) if branch.title and branch.number else ""
    return wording.joined(branch.detail, number, part)


def line_of(branch: Branch) -> str:
    """Return title and detail on one line."""
    return wording.joined(title_of(branch), detail_of(branch))


def instances(amount: int) -> str:
    """Return how many instances."""
    return wording.counted(amount, tr("instance"), tr("instances"))


def disc_title(disc: ProposedDisc, goal: Goal) -> str:
    """Return what a medium is called in the tree: its number and its volume name."""
    noun = {
        Goal.FOLDER: tr("Folder"), Goal.ZIP: tr("ZIP file"), Goal.ISO: tr("ISO image"),
        Goal.STICK: tr("Stick"), Goal.DISC: tr("Disc"),
    }[goal]  # fmt: skip
    plan = disc.plan
    numbered = tr("{0} {1} of {2}").format(noun, plan.number, plan.of) if plan.of > 1 else noun
    return wording.joined(numbered, plan.file_set_id)


def room_text(disc: ProposedDisc) -> str:
    """Return how full a medium is, or how much too full."""
    if disc.capacity is None:
        return wording.size(disc.used)
    if disc.overflow:
        return tr("! {0} too much").format(wording.size(max(1, disc.overflow)))
    return tr("{0} of {1}").format(wording.size(disc.used), wording.size(disc.capacity))


def kind_of_disc(capacity: int | None) -> str:
    """Return what a blank disc of a capacity is called: CD, DVD, BD; "disc" if not known."""
    if capacity is None:
        return tr("disc")
    return next((kind for most, kind in _KINDS if capacity <= most), "BD")


def effect_of(proposal: Proposal) -> str:
    """Return what the button says: "Burn 2 DVDs, 6.1 GB"."""
    wish, amount = proposal.wish, proposal.amount
    copies = wish.copies if wish.goal is Goal.DISC else 1
    size = wording.size(proposal.used * copies)
    if wish.goal is Goal.DISC:
        kind = kind_of_disc(wish.capacity)
        plural = tr("discs") if kind == tr("disc") else f"{kind}s"
        what = tr("&Burn {0}").format(
            tr("a {0}").format(kind) if amount == 1 else f"{wording.number(amount)} {plural}"
        )
    else:
        one, many = {
            Goal.FOLDER: (tr("&Write a folder"), tr("&Write {0} folders")),
            Goal.ZIP: (tr("&Write a ZIP file"), tr("&Write {0} ZIP files")),
            Goal.ISO: (tr("&Write an ISO image"), tr("&Write {0} ISO images")),
            Goal.STICK: (tr("&Write to the stick"), tr("&Write to {0} sticks")),
        }[wish.goal]
        what = one if amount == 1 else many.format(wording.number(amount))
    at_most = tr("at most {0}").format(size) if wish.goal is Goal.ZIP and wish.deflate else size
    return f"{what}, {at_most}"
