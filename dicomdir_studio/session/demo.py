"""The demo: a File-set to try things on, and the same play that the user would make."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomdir_studio.fileset import FileSet, WriteReceipt
    from dicomdir_studio.monitor import Monitor

# The File-set of pydicom's samples: what its DICOMDIR references, nothing beside it.
_SAMPLE_SET: Final = "dicomdirtests"
_SAMPLE_PARTS: Final = ("DICOMDIR", "77654033", "98892001", "98892003")
# What the user may drop on it: two images first, then other kinds of instance.
_ADDITIONS: Final = (
    "CT_small.dcm",
    "MR_small.dcm",
    "rtplan.dcm",
    "rtdose.dcm",
    "reportsi.dcm",
    "waveform_ecg.dcm",
    "JPEG2000.dcm",
)
_PLAYED_ADDITIONS: Final = 2
_REMOVED_STUDY: Final = "Carotids"


@dataclass(frozen=True)
class DemoSet:
    """A demo on disk.

    Attributes
    ----------
    folder : Path
        Holds all of the demo.
    root : Path
        The File-set: 31 instances of 2 patients.
    additions : tuple of Path
        Files outside it, to be dropped on it: CT_small.dcm and MR_small.dcm first.
    """

    folder: Path
    root: Path
    additions: tuple[Path, ...]


@dataclass(frozen=True)
class DemoPlay:
    """What the play left on disk: the `copy` it wrote and how many `instances` that holds."""

    copy: Path
    instances: int


def make_demo(folder: Path | None = None) -> DemoSet:
    """Lay out a fresh demo from pydicom's bundled samples.

    Parameters
    ----------
    folder : Path, optional
        A folder that is empty or does not exist yet; default a new temporary one.

    Raises
    ------
    StudioError
        If the folder holds something already.
    """
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="dicomdir-studio-demo-"))
    elif folder.exists() and any(folder.iterdir()):
        raise StudioError(
            "The folder for the demo is not empty", where=folder, remedy="Name another one"
        )
    root, outside = folder / "disc", folder / "to-add"
    source = _sample(f"{_SAMPLE_SET}/DICOMDIR").parent
    root.mkdir(parents=True)
    outside.mkdir()
    for part in _SAMPLE_PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, root / part)
        else:
            shutil.copyfile(source / part, root / part)
    additions = tuple(Path(shutil.copyfile(_sample(name), outside / name)) for name in _ADDITIONS)
    return DemoSet(folder, root, additions)


def play_demo(demo: DemoSet, say: Callable[[str], None], *, monitor: Monitor) -> DemoPlay:
    """Open the demo set, stage two additions and a removal, find, write a copy and check it.

    Parameters
    ----------
    demo : DemoSet
        A fresh demo; its own File-set is not written to.
    say : callable
        Told each step as a line for the user.
    monitor : Monitor
        Receives the progress of each step; can cancel.

    Raises
    ------
    StudioError
        If a step fails, or the copy is not what was staged.
    """
    file_set = open_file_set(demo.root, monitor=monitor)
    say(f"Opened     {demo.root}: File-set {file_set.ID}, {len(file_set)} instances")
    added = add_sources(file_set, demo.additions[:_PLAYED_ADDITIONS], monitor=monitor)
    names = ", ".join(Path(path).name for path in demo.additions[:_PLAYED_ADDITIONS])
    say(f"Staged     {added.staged} additions: {names}")
    study = file_set.search({"StudyDescription": _REMOVED_STUDY}, monitor=monitor)
    file_set.stage_removal(study)
    say(f"Staged     removal of the study {_REMOVED_STUDY!r}: {len(study)} instances")
    found = file_set.search({"Modality": "MR"}, monitor=monitor)
    say(f"Found      {len(found)} instances of Modality MR")
    copy = demo.folder / "copy"
    plan = file_set.plan_copy(str(copy), layout=Layout.STANDARD)
    receipt = file_set.execute(plan, monitor=monitor)
    say(f"Wrote      {copy}: {receipt.files} files, {receipt.bytes:,} bytes")
    written = _checked_copy(copy, file_set, receipt, monitor)
    say(f"Checked    {len(written)} instances, every file as its source by SHA-256")
    return DemoPlay(copy, len(written))


def _checked_copy(
    copy: Path, file_set: FileSet, receipt: WriteReceipt, monitor: Monitor
) -> FileSet:
    """Open the copy and compare it with what was staged, file by file."""
    written = open_file_set(copy, monitor=monitor)
    sources = {str(one.SOPInstanceUID): Path(str(one.path)) for one in file_set}
    monitor.start("Checking the copy", len(sources))
    if {str(one.SOPInstanceUID) for one in written} != set(sources):
        raise StudioError("The copy holds other instances than were staged", where=copy)
    for instance in written:
        monitor.check()
        source = sources[str(instance.SOPInstanceUID)]
        if _digest(Path(str(instance.path))) != _digest(source):
            raise StudioError("A file of the copy differs from its source", where=instance.path)
        monitor.advance(1, str(instance.path))
    if receipt.files < len(sources):
        raise StudioError("The receipt names fewer files than there are", where=copy)
    return written


def _digest(path: Path) -> str:
    """Return the SHA-256 of the file at `path`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sample(name: str) -> Path:
    """Return the path of one of pydicom's bundled samples."""
    path = pydicom.data.get_testdata_file(name, download=False)
    if path is None:
        raise StudioError(
            "A sample that comes with pydicom is missing",
            where=name,
            remedy="Install the program again",
        )
    return Path(str(path))
