"""The division over media, which the user can change before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.measuring import Measure
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from dicomdir_studio.media.directory import MediumDirectory
    from dicomdir_studio.media.measuring import Beside, Room
    from dicomdir_studio.media.medium_plan import MediumPlan

_STUDY, _SERIES = "StudyInstanceUID", "SeriesInstanceUID"
_TAGS: Final = {_STUDY: 0x0020000D, _SERIES: 0x0020000E}
_LABELS: Final = ("PatientName", "StudyDescription", "SeriesDescription")


@dataclass(frozen=True, slots=True)
class Portion:
    """A series, or the part of it that is on one medium.

    Attributes
    ----------
    patient, study, series : str
        Patient's Name, Study and Series Description, for people; "" where there is none.
    study_uid, series_uid : str
        Study and Series Instance UID, for `Division.moved`; "" above the level of the record.
    names : tuple of str
        File IDs of its instances on this medium.
    bytes : int
        Bytes of these files.
    is_whole : bool
        Whether all of the series is on this medium.
    """

    patient: str
    study: str
    series: str
    study_uid: str
    series_uid: str
    names: tuple[str, ...]
    bytes: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Whole:
    """What is divided, with look-ups shared by all changed divisions."""

    plan: MediumPlan
    directory: MediumDirectory
    room: Room
    measure: Measure
    places: dict[str, int]
    labels: dict[int, dict[str, str]] = field(default_factory=dict)
    uids: dict[str, dict[int, str]] = field(default_factory=dict)

    def label(self, name: str, keyword: str) -> str:
        """Return what people see of the records that lead to an instance."""
        for row in self.directory.chain(self.directory.leaves[name]):
            if row not in self.labels:
                record = self.directory.record(row)
                self.labels[row] = {key: str(record.get(key, "") or "") for key in _LABELS}
            if text := self.labels[row][keyword]:
                return text
        return ""

    def uid(self, name: str, keyword: str) -> str:
        """Return the Study or Series Instance UID of an instance."""
        if keyword not in self.uids:
            self.uids[keyword] = self.directory.uids(_TAGS[keyword])
        known = self.uids[keyword]
        chain = self.directory.chain(self.directory.leaves[name])
        return next((known[row] for row in chain if row in known), "")


@dataclass(frozen=True, slots=True)
class Division:
    """Which instances go on which medium.

    Attributes
    ----------
    shares : tuple of tuple of str
        File IDs of the instances of each medium, in the order of their records.
    bytes : tuple of int
        The space used on each medium, including DICOMDIR, directories and additional files, in
        whole sectors or clusters.
    """

    shares: tuple[tuple[str, ...], ...]
    bytes: tuple[int, ...]
    _whole: _Whole = field(repr=False, compare=False)

    @classmethod
    def of(
        cls, plan: MediumPlan, room: Room, beside: Beside, shares: Collection[Collection[str]]
    ) -> Self:
        """Return the division of a plan into given shares.

        Parameters
        ----------
        plan : MediumPlan
            The whole, without extras.
        room : Room
            How much a medium holds.
        beside : callable
            Returns name and maximum length of the additional files of a medium.
        shares : collection of collection of str
            File IDs by medium.
        """
        directory = plan.directory()
        places = {name: place for place, name in enumerate(directory.leaves)}
        measure = Measure(plan, directory, room, beside)
        whole = _Whole(plan, directory, room, measure, places)
        ordered = tuple(tuple(sorted(share, key=places.__getitem__)) for share in shares)
        return cls(ordered, tuple(map(measure.bytes_of, ordered)), whole)

    @property
    def capacity(self) -> int:
        """Bytes that one medium holds."""
        return self._whole.room.capacity

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it cannot be written: the media that are too full; empty if there are none."""
        return tuple(
            said(
                "Disc {0} takes {1:,} bytes, the medium holds {2:,}: "
                "move a study or a series from it to another disc",
                number,
                taken,
                self.capacity,
            )
            for number, taken in enumerate(self.bytes, 1)
            if taken > self.capacity
        )

    def contents(self, number: int) -> tuple[Portion, ...]:
        """Return the series on a medium, in the order of the records.

        Parameters
        ----------
        number : int
            Which medium, from 1.
        """
        totals: dict[int, int] = {}
        for name in self._whole.places:
            row = self._series_row(name)
            totals[row] = totals.get(row, 0) + 1
        groups: dict[int, list[str]] = {}
        for name in self.shares[number - 1]:
            groups.setdefault(self._series_row(name), []).append(name)
        return tuple(
            self._portion(names, is_whole=len(names) == totals[row])
            for row, names in groups.items()
        )

    def moved(self, what: Collection[str], to: int) -> Division:
        """Return the division with studies, series or instances on another medium.

        Parameters
        ----------
        what : collection of str
            Study and Series Instance UIDs, or File IDs of instances; all that is below them
            moves, wherever it was.
        to : int
            Which medium, from 1; one more than there are makes a new one. Media that have
            nothing left go.

        Returns
        -------
        Division
            It may be too full: see `problems`.

        Raises
        ------
        UnfitForMediumError
            If there is no such medium, study, series or instance.
        """
        if not 1 <= to <= len(self.shares) + 1:
            raise UnfitForMediumError(
                said("There is no disc {0}", to), why=said("{0} are made", len(self.shares))
            )
        moving = set(self._below(what))
        shares = [set(share) - moving for share in self.shares]
        shares.extend([set()] if to > len(shares) else [])
        shares[to - 1] |= moving
        places = self._whole.places
        ordered = tuple(tuple(sorted(share, key=places.__getitem__)) for share in shares if share)
        known = dict(zip(self.shares, self.bytes, strict=True))
        measured = tuple(
            known[share] if share in known else self._whole.measure.bytes_of(share)
            for share in ordered
        )
        return replace(self, shares=ordered, bytes=measured)

    def plans(self) -> tuple[MediumPlan, ...]:
        """Return the plan of each medium, each a File-set of its own; the whole if it is one."""
        if len(self.shares) == 1:
            return (self._whole.plan,)
        return tuple(
            self._whole.plan.part(self._whole.directory, share, number, len(self.shares))
            for number, share in enumerate(self.shares, 1)
        )

    def divided(self, keyword: str) -> tuple[str, ...]:
        """Return the studies or series that are not whole on one medium.

        Parameters
        ----------
        keyword : str
            ``StudyInstanceUID`` or ``SeriesInstanceUID``.
        """
        media: dict[str, set[int]] = {}
        for number, share in enumerate(self.shares):
            for name in share:
                media.setdefault(self._whole.uid(name, keyword), set()).add(number)
        return tuple(uid for uid, numbers in media.items() if uid and len(numbers) > 1)

    def _below(self, what: Collection[str]) -> Iterator[str]:
        """Yield the File IDs of all that is to move."""
        wanted, found = set(what), set()
        for name in self._whole.places:
            uids = (name, self._whole.uid(name, _STUDY), self._whole.uid(name, _SERIES))
            hit = wanted.intersection(uids)
            found |= hit
            if hit:
                yield name
        if wanted - found:
            raise UnfitForMediumError(
                said("There is no such study, series or instance to move"),
                why=", ".join(sorted(wanted - found)),
            )

    def _series_row(self, name: str) -> int:
        """Return the record that holds an instance: that of its series as a rule."""
        return self._whole.directory.parents[self._whole.directory.leaves[name]]

    def _portion(self, names: list[str], *, is_whole: bool) -> Portion:
        """Return what people see of a series on a medium."""
        whole = self._whole
        patient, study, series = (whole.label(names[0], keyword) for keyword in _LABELS)
        study_uid, series_uid = (whole.uid(names[0], keyword) for keyword in (_STUDY, _SERIES))
        size = sum(whole.measure.sizes[name] for name in names)
        return Portion(patient, study, series, study_uid, series_uid, tuple(names), size, is_whole)
