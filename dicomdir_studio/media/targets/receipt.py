"""What writing a medium did, and how what was read back is compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.directory import MediumDirectory
from dicomdir_studio.media.errors import MediumVerificationError
from dicomdir_studio.media.medium_plan import DICOMDIR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomdir_studio.media.medium_plan import MediumPlan

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class MediumReceipt:
    """What was written.

    Attributes
    ----------
    path : str
        The folder or file that holds the medium.
    files : int
        Files on it, the DICOMDIR and the extras included.
    bytes : int
        Bytes of the image or archive; for a folder those of its files.
    digests : dict of str to str
        SHA-256 in hexadecimal of every file, taken while it was read from its source.
    verified : bool
        Whether every byte was read back and compared.
    seconds : float
        How long it took, verification included.
    """

    path: str
    files: int
    bytes: int
    digests: dict[str, str]
    verified: bool
    seconds: float


def compare(path: str, written: Mapping[str, str], found: Mapping[str, str]) -> None:
    """Raise unless what was read back is what was written.

    Raises
    ------
    MediumVerificationError
        It names the files that are gone, foreign or different.
    """
    wrong = [
        f"{name} differs" for name in written if name in found and found[name] != written[name]
    ]
    wrong += [f"{name} is gone" for name in written if name not in found]
    wrong += [f"{name} is not ours" for name in found if name not in written]
    if wrong:
        more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        raise MediumVerificationError(
            "What was read back is not what was written",
            where=path,
            why=", ".join(wrong[:_MOST_NAMED]) + more,
            remedy="Do not hand it out; write it anew, to another disk if it happens again",
        )


def check_directory(path: str, plan: MediumPlan, dicomdir: bytes) -> None:
    """Raise unless every record of the DICOMDIR that was read back finds its file.

    Raises
    ------
    MediumVerificationError
        It names records without a file.
    """
    names = {name for name, _ in plan.sizes()} - {DICOMDIR}
    lost = [name for name in MediumDirectory(dicomdir).leaves if name not in names]
    if lost:
        raise MediumVerificationError(
            "Records of the DICOMDIR reference files that are not there",
            where=path,
            why=", ".join(lost[:_MOST_NAMED]),
            remedy="Check the File-set for missing files and write the medium anew",
        )
