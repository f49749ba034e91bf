"""Labels and receipt of the media that were made, as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.media.papers.label import LabelText, label_pdf
from dicomdir_studio.media.papers.receipt import HandedOver, receipt_pdf
from dicomdir_studio.session.handing_over import today
from dicomdir_studio.session.making.report import manifest_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomdir_studio.media.papers.sheet import Paper, PaperFields
    from dicomdir_studio.session.making.making import MadeMedium
    from dicomdir_studio.session.making.proposal import Proposal


def receipt_paper(proposal: Proposal, made: Sequence[MadeMedium], fields: PaperFields) -> Paper:
    """Return the receipt of the media that were made; copies of one are counted.

    Parameters
    ----------
    proposal : Proposal
        What was to be made.
    made : sequence of MadeMedium
        What was made of it.
    fields : PaperFields
        Who hands it out, to whom, and what else stands there.
    """
    profile = proposal.wish.profile
    by_disc: dict[int, list[MadeMedium]] = {}
    for one in made:
        by_disc.setdefault(one.step.disc.plan.number, []).append(one)
    return receipt_pdf(
        [
            HandedOver(
                LabelText.of_plan(copies[0].step.disc.plan, today()),
                copies[0].where.replace("\\", "/").rstrip("/").rpartition("/")[2],
                len(copies[0].digests),
                copies[0].bytes,
                all(one.verified for one in copies),
                manifest_digest(copies[0]),
                profile,
                len(copies),
            )
            for copies in by_disc.values()
        ],
        fields,
    )


def label_paper(proposal: Proposal, fields: PaperFields) -> Paper:
    """Return labels and cover sheets, a page for each medium.

    Parameters
    ----------
    proposal : Proposal
        What was made, or will be.
    fields : PaperFields
        Who hands it out, and what else stands there.
    """
    return label_pdf([LabelText.of_plan(disc.plan, today()) for disc in proposal.discs], fields)
