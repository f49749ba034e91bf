"""What was read back from a medium, compared with what was put on it, by patient and series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.directory import MediumDirectory
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import DICOMDIR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.standard.profiles import ApplicationProfile

UNREADABLE: Final = "cannot be read"
"""Stands in front of why a file has no sum, instead of the sum."""

_MOST_NAMED: Final = 5
_ANEW: Final = "Do not hand it out; write it anew, to another disk if it happens again"


class Fault(NamedTuple):
    """A file that is not on a medium as it should be.

    Attributes
    ----------
    name : str
        The file on the medium.
    what : str
        What is the matter with it.
    series : str
        Patient and series that it belongs to, for people; "" for what is no instance.
    """

    name: str
    what: str
    series: str

    def __str__(self) -> str:
        """Return it in a line."""
        return f"{self.name} {self.what}{f' ({self.series})' if self.series else ''}"


class FaultyMediumError(MediumVerificationError):
    """What was read back is not what was written.

    Attributes
    ----------
    faults : tuple of Fault
        Every file that is wrong.
    """

    def __init__(self, what: str, where: str, faults: Sequence[Fault]) -> None:
        more = f" and {len(faults) - _MOST_NAMED} more" if len(faults) > _MOST_NAMED else ""
        super().__init__(
            what,
            where=where,
            why=", ".join(map(str, faults[:_MOST_NAMED])) + more,
            remedy=_ANEW,
        )
        self.faults = tuple(faults)


class Proof:
    """Proves a medium.

    Parameters
    ----------
    path : str
        The folder or file that the medium is in.
    plan : MediumPlan
        What was put on it.
    profile : ApplicationProfile or None
        What it must conform to.
    """

    def __init__(self, path: str, plan: MediumPlan, profile: ApplicationProfile | None) -> None:
        self._path = path
        self._plan = plan
        self._profile = profile
        self._directory = plan.directory()

    def prove(
        self,
        written: Mapping[str, str],
        found: Mapping[str, str],
        dicomdir: bytes,
        monitor: Monitor,
        *,
        is_folder: bool = False,
    ) -> None:
        """Raise unless the medium holds what it should, to the byte and to the record.

        Every sum is compared; every record of the DICOMDIR that was read back is resolved; the
        profile is judged by that DICOMDIR and the instances.

        Parameters
        ----------
        written, found : mapping of str to str
            SHA-256 by name: of what was written, and of what was read back.
        dicomdir : bytes
            The DICOMDIR as it was read back.
        monitor : Monitor
            Can cancel.
        is_folder : bool, optional
            Whether the instances can be looked at on the medium; of an image or archive their
            sources are, which have the same sums.

        Raises
        ------
        FaultyMediumError
            It names the files that are gone, foreign or different, with patient and series.
        MediumVerificationError
            If it does not conform to the profile.
        """
        wrong = [self._fault(name, what) for name, what in _differing(written, found)]
        if wrong:
            raise FaultyMediumError("What was read back is not what was written", self._path, wrong)
        plan = self._as_read_back(dicomdir, is_folder=is_folder)
        names = {name for name, _ in plan.sizes()} - {DICOMDIR}
        lost = [name for name in MediumDirectory(dicomdir).leaves if name not in names]
        if lost:
            wrong = [self._fault(name, "is referenced and not there") for name in lost]
            raise FaultyMediumError(
                "Records of the DICOMDIR reference files that are not there", self._path, wrong
            )
        if self._profile is not None:
            self._prove_profile(plan, self._profile, monitor)

    def _as_read_back(self, dicomdir: bytes, *, is_folder: bool) -> MediumPlan:
        """Return the plan with what is on the medium."""
        files = self._plan.files
        if is_folder:
            files = tuple(
                replace(file, source=str(Path(self._path, *file.name.split("/")))) for file in files
            )
        return replace(self._plan, dicomdir=dicomdir, files=files)

    def _prove_profile(
        self, plan: MediumPlan, profile: ApplicationProfile, monitor: Monitor
    ) -> None:
        """Raise unless the medium conforms to its profile."""
        name = profile.identifier
        fit = fit_profiles(plan, profiles={name: profile}, monitor=monitor)[name]
        if not fit.fits:
            first = fit.obstacles[0]
            names = ", ".join(first.instances[:_MOST_NAMED])
            raise MediumVerificationError(
                f"The medium does not conform to {name}",
                where=self._path,
                why=f"{first.what}, {first.clause}{f': {names}' if names else ''}",
                remedy=_ANEW,
            )

    def _fault(self, name: str, what: str) -> Fault:
        """Return a fault with the patient and series that it concerns."""
        row = self._directory.leaves.get(name)
        if row is None:
            return Fault(name, what, "")
        words: dict[str, str] = {}
        for above in self._directory.chain(row):
            record = self._directory.record(above)
            for keyword in ("PatientName", "Modality", "SeriesNumber"):
                if record.get(keyword) not in (None, ""):
                    words[keyword] = str(record[keyword].value)
        series = f"{words.get('Modality', '')} series {words.get('SeriesNumber', '?')}".strip()
        return Fault(name, what, f"{words.get('PatientName', 'no name')}, {series}")


def _differing(written: Mapping[str, str], found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the files that are not what was written, and what is the matter."""
    for name, digest in written.items():
        if name not in found:
            yield name, "is gone"
        elif found[name].startswith(UNREADABLE):
            yield name, found[name]
        elif found[name] != digest:
            yield name, "differs"
    for name in found:
        if name not in written:
            yield name, "is not ours"
