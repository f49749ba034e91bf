"""From wishes to proposals: what is costly is done once and kept while the user chooses."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from dicomdir_studio.fileset import Layout, Severity
from dicomdir_studio.media.applying import NotTranscodedError, ProfileNotMetError, with_profile
from dicomdir_studio.media.beside import Beside
from dicomdir_studio.media.checks import unfit
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.gallery import Gallery, make_gallery
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.orders import check_file_systems, check_target
from dicomdir_studio.media.producing import Production
from dicomdir_studio.media.spanning import Span
from dicomdir_studio.phrases import listed, said, with_reason
from dicomdir_studio.session.making.content import content_of
from dicomdir_studio.session.making.dividing import Divider
from dicomdir_studio.session.making.proposal import Hindrance, Place, Proposal, ProposedDisc
from dicomdir_studio.session.making.targets import hindrances_at
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomdir_studio.fileset import FileSet, RecordNode
    from dicomdir_studio.media.conformance import ProfileFit
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.session.making.content import Content
    from dicomdir_studio.session.making.wish import Wish
    from dicomdir_studio.standard.profiles import ApplicationProfile

_PICTURES: Final = "pictures"
_COPIES: Final = "transcoded-*"


@dataclass(slots=True)
class _Chosen:
    """The plan of the chosen instances, and what was made of it for a profile and pages."""

    plan: MediumPlan
    profiled: tuple[str, MediumPlan] | None = None
    gallery: Gallery | None = None


class MediumMaker:
    """Makes proposals for one File-set as it is when it is looked at.

    Used by one job at a time. The File-set is only touched while `look` is at work.

    Parameters
    ----------
    file_set : FileSet
        What goes on media, with what is staged.
    scratch : str
        An existing folder for pictures and images of discs.
    """

    def __init__(self, file_set: FileSet, scratch: str) -> None:
        self._file_set = file_set
        self.scratch = scratch
        self._divider = Divider()
        self._content: Content | None = None
        self._whole: _Chosen | None = None
        self._last: tuple[frozenset[str], _Chosen] | None = None

    def look(self, monitor: Monitor, layout: Layout = Layout.STANDARD) -> Content:
        """Return what the File-set would bring, its files named by a layout.

        Looking again, for another layout, reads no file: what files say stays as it was told.

        Raises
        ------
        StudioError
            If it cannot be planned for a medium at all.
        OperationCancelledError
            If the user cancelled.
        """
        before = self._whole
        plan = plan_medium(self._file_set, layout=layout, compare=before is None, monitor=monitor)
        if before is not None:
            plan = replace(plan, findings=before.plan.findings)
            self._forget_profiled()
        content = content_of(self._file_set, plan, monitor)
        self._content, self._whole, self._last = content, _Chosen(plan), None
        return content

    def renamed(self, names: frozenset[str], before: Content) -> frozenset[str]:
        """Return what instances are called now that were looked at before in another layout."""
        sources = {file.source for file in before.plan.files if file.name in names}
        files = self._looked_at().plan.files
        return frozenset(file.name for file in files if file.source in sources)

    def names_of(self, records: Iterable[RecordNode]) -> frozenset[str] | None:
        """Return File IDs on the medium of the instances at and below records; None for none."""
        paths = {below.instance.path for record in records for below in record if below.instance}
        files = self._looked_at().plan.files
        return frozenset(file.name for file in files if file.source in paths) or None

    def fits(self, monitor: Monitor) -> dict[str, ProfileFit]:
        """Return how all of the content stands to every profile; reads every header."""
        return fit_profiles(self._looked_at().plan, monitor=monitor)

    def propose(self, wish: Wish, monitor: Monitor) -> Proposal:
        """Return what would be made of a wish.

        Raises
        ------
        StudioError
            If something failed that is not a matter of choice.
        OperationCancelledError
            If the user cancelled.
        """
        content = self._looked_at()
        order = wish.order(self.scratch)
        hindered = list(_profile_target(order, wish))
        chosen = self._chosen(wish.names)
        hindered += [Hindrance(Place.CONTENT, problem) for problem in chosen.plan.problems]
        if not wish.as_it_is:
            hindered += _contradictions(chosen.plan)
        plan, unmet = chosen.plan, list[Hindrance]()
        if order.profile is not None and not hindered:
            plan, unmet = self._profiled(chosen, order.profile, monitor)
        hindered += unmet
        beside, unfit_beside = self._beside(chosen, plan, order, monitor)
        hindered += unfit_beside
        divided, too_small = self._divider.divided(plan, wish, order, beside, monitor)
        hindered += too_small
        production = Production(
            order, Span(tuple(map(beside.on, divided.plans))), beside.gallery, (), beside
        )
        discs = tuple(_discs(production, content, wish))
        hindered += _of_discs(discs, order)
        if not too_small:
            hindered += hindrances_at(wish, discs)
        return Proposal(
            wish,
            order,
            discs,
            tuple(dict.fromkeys(hindered)),
            plan.left_out,
            divided.divided_studies,
            divided.divided_series,
            len(chosen.gallery.failed) if wish.pages and chosen.gallery else 0,
            _changed(chosen.plan, plan),
        )

    def _looked_at(self) -> Content:
        """Return the content, which must have been looked at before."""
        if self._content is None:
            message = "the content was not looked at"
            raise RuntimeError(message)
        return self._content

    def _chosen(self, names: frozenset[str] | None) -> _Chosen:
        """Return the plan of the chosen instances."""
        whole = self._whole
        assert whole is not None  # noqa: S101 - _looked_at was called before
        if names is None or len(names) == len(whole.plan.files):
            return whole
        if self._last is None or self._last[0] != names:
            part = whole.plan.part(whole.plan.directory(), names, 1, 1)
            problems = whole.plan.problems
            if not names:
                problems = (said("No patient or study is chosen"),)
            self._last = (names, _Chosen(replace(part, problems=problems)))
        return self._last[1]

    def _profiled(
        self, chosen: _Chosen, profile: ApplicationProfile, monitor: Monitor
    ) -> tuple[MediumPlan, list[Hindrance]]:
        """Return the plan with the keys of the profile and copies that it takes; or why not."""
        name = profile.identifier
        if chosen.profiled is None or chosen.profiled[0] != name:
            self._forget_profiled()
            try:
                done = with_profile(chosen.plan, profile, self.scratch, monitor=monitor)
            except ProfileNotMetError as error:
                return chosen.plan, list(_unmet(error.fit))
            except NotTranscodedError as error:
                return chosen.plan, list(_not_transcoded(error))
            chosen.profiled = (name, done)
        return chosen.profiled[1], []

    def _forget_profiled(self) -> None:
        """Remove the copies that were transcoded for another profile, or of another choice."""
        for chosen in (self._whole, None if self._last is None else self._last[1]):
            if chosen is not None:
                chosen.profiled = None
        for folder in Path(self.scratch).glob(_COPIES):
            shutil.rmtree(folder, ignore_errors=True)

    def _beside(
        self, chosen: _Chosen, plan: MediumPlan, order: Order, monitor: Monitor
    ) -> tuple[Beside, list[Hindrance]]:
        """Return what lies beside the DICOM files, and what of it has no place there."""
        has_pages = order.publisher is not None and order.has_pages and bool(plan.files)
        if has_pages and chosen.gallery is None:
            folder = Path(self.scratch, f"{_PICTURES}{id(chosen)}")
            folder.mkdir(exist_ok=True)
            chosen.gallery = make_gallery(chosen.plan, folder, monitor=monitor)
        gallery = chosen.gallery if has_pages else None
        try:
            return Beside(order, plan, gallery, monitor=monitor), []
        except UnfitForMediumError as error:
            what = with_reason(error.what, error.why)
            bare = replace(order, folders=())
            told = Hindrance(Place.BESIDE, what, error.remedy or "")
            return Beside(bare, plan, gallery, monitor=monitor), [told]


def _discs(production: Production, content: Content, wish: Wish) -> Iterator[ProposedDisc]:
    """Yield the media of a production as a front end shows them."""
    for plan, path in production.outputs():
        yield ProposedDisc(
            plan,
            # The parts of a set go on sticks that are put in one after the other.
            wish.out if wish.goal is Goal.STICK else path,
            production.bytes_of(plan),
            wish.capacity,
            content.part({file.name: file.size for file in plan.files}),
            tuple(production.beside.label(plan)),
        )


def _profile_target(order: Order, wish: Wish) -> Iterator[Hindrance]:
    """Yield that media of the profile are not made on the target, or not with its systems."""
    try:
        if order.profile is not None:
            check_target(order.profile, wish.target)
        check_file_systems(order)
    except UnfitForMediumError as error:
        what = with_reason(error.what, error.why)
        yield Hindrance(Place.PROFILE, what, error.remedy or "")


def _contradictions(plan: MediumPlan) -> Iterator[Hindrance]:
    """Yield the files that are not what their records say: images may be of somebody else."""
    sources = {file.source for file in plan.files}
    for finding in plan.findings:
        if finding.severity is Severity.ERROR and finding.path in sources:
            name = "/".join(PurePath(finding.path).parts[-2:])
            yield Hindrance(
                Place.CONTENT,
                listed((name, finding.brief), "{0}: {1}"),
                said("Leave it out, or include it as it is"),
                detail=listed((finding.where, finding.what), "{0}: {1}"),
            )


def _not_transcoded(error: NotTranscodedError) -> Iterator[Hindrance]:
    """Yield the instances that cannot be turned to what the profile takes without loss."""
    for failed in error.errors:
        what = with_reason(listed((failed.what, failed.where or ""), "{0}: {1}"), failed.why)
        yield Hindrance(Place.PROFILE, what, failed.remedy or "")


def _changed(before: MediumPlan, after: MediumPlan) -> int:
    """Return how many files of a plan are copies in another transfer syntax."""
    pairs = zip(before.files, after.files, strict=True)
    return sum(one.source != other.source for one, other in pairs) if before is not after else 0


def _unmet(fit: ProfileFit) -> Iterator[Hindrance]:
    """Yield what keeps the content from a profile."""
    for obstacle in fit.obstacles:
        if not obstacle.is_completed:
            what = with_reason(obstacle.what, obstacle.clause)
            yield Hindrance(Place.PROFILE, what, obstacle.remedy, obstacle.instances)


def _of_discs(discs: tuple[ProposedDisc, ...], order: Order) -> Iterator[Hindrance]:
    """Yield what keeps single media from being written."""
    for disc in discs:
        if disc.overflow:
            which = (
                said("Disc {0} of {1}", disc.plan.number, disc.plan.of)
                if disc.plan.of > 1
                else said("It")
            )
            yield Hindrance(
                Place.MEDIUM,
                said(
                    "{0} takes {1:,} bytes, {2:,} more than the medium holds",
                    which,
                    disc.used,
                    disc.overflow,
                ),
                said("Move some series to another disc, or divide again")
                if disc.plan.of > 1
                else said(
                    "Divide it over several media, choose a larger one, or leave something out"
                ),
            )
        for what in unfit(disc.plan, order.container):
            remedy = said("Have the files renamed") if order.layout is Layout.KEEP else ""
            yield Hindrance(Place.TARGET, what, remedy)
