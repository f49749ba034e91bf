"""File-sets of a dozen instances, and what is done to them, for the fault tests.

Run as a module it serves a test from one process that has everything loaded: each
line that it reads names a case and a folder, a child of it gets ready to the last
step before the write and waits there, so that a tracer can be attached.
"""

from __future__ import annotations

import bisect
import ctypes
import hashlib
import json
import os
import select
import shutil
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from dicomdir_studio import storage
from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet, Layout, writing
from tests.storage.volumes import Fault, Killed

if TYPE_CHECKING:
    from collections.abc import Callable

END = "/the-case-ends-here"
FOREIGN = {"README.TXT": b"not of the set", "OTHER/NOTES": b"nor this"}
_UID = "1.2.826.0.1.3680043.8.498.4"
_PR_SET_PTRACER, _ANY = 0x59616D61, -1

Content = dict[str, str]
"""SHA-256 of its file by SOP Instance UID."""


def sha(data: bytes) -> str:
    """Return the SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def make_instance(path: Path, number: int) -> None:
    """Write an instance that no other number has; three to a series, two series to a study."""
    dataset = Dataset()
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = f"{_UID}.{number + 1}"
    dataset.PatientID, dataset.PatientName = f"P{number // 12}", f"Person^{number // 12}"
    dataset.StudyInstanceUID = f"{_UID}.7000.{number // 6}"
    dataset.StudyID, dataset.StudyDate, dataset.StudyTime = "1", "20200101", "120000"
    dataset.AccessionNumber, dataset.Modality = "", "OT"
    dataset.SeriesInstanceUID = f"{_UID}.8000.{number // 3}"
    dataset.SeriesNumber, dataset.InstanceNumber = number // 3, number
    dataset.ImageComments = f"instance {number} " * (5 + number % 200)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)
    os.utime(path, (1_600_000_000, 1_600_000_000))


def make_sources(folder: Path, count: int = 12, first: int = 100) -> None:
    """Write instances that are to be added."""
    for number in range(count):
        make_instance(folder / "sources" / f"s{number:02d}.dcm", first + number)


def _sources(folder: Path, count: int) -> list[Path]:
    """Return some of them."""
    return sorted((folder / "sources").iterdir())[:count]


def _make_standard(folder: Path) -> None:
    """Write a File-set of twelve in the standard layout, and files of others beside it."""
    make_sources(folder)
    for number in range(12):
        make_instance(folder / "first" / f"f{number:02d}.dcm", number)
    file_set = FileSet()
    file_set.add_many(sorted((folder / "first").iterdir()), missing_keys="fill")
    file_set.ID = "OLD"
    file_set.write(folder / "root")
    _add_foreign(folder)


def _make_foreign(folder: Path) -> None:
    """Write one of twelve in a layout of its own."""
    make_sources(folder)
    for number in range(12):
        make_instance(folder / "root" / f"DISC/S{number % 3}/F{number:02d}", number)
    file_set = FileSet()
    file_set.add_many(sorted((folder / "root").rglob("F*")), missing_keys="fill")
    file_set.ID = "OLD"
    file_set.write(folder / "root", layout=Layout.KEEP)
    _add_foreign(folder)


def _add_foreign(folder: Path) -> None:
    """Put files beside a File-set that it does not own."""
    for name, data in FOREIGN.items():
        path = folder / "root" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def _opened(folder: Path) -> FileSet:
    """Open the File-set of a folder."""
    return FileSet(folder / "root" / "DICOMDIR")


def _new(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Write a new File-set of twelve."""
    file_set = FileSet()
    file_set.edit_properties(UID=f"{_UID}.9000")  # every run writes the same
    file_set.add_many(_sources(folder, 12), missing_keys="fill")
    return file_set, lambda: file_set.write(folder / "root", verify=True)


def _over(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Put a new content over all of an existing one: every name changes hands."""
    file_set = _opened(folder)
    file_set.remove(list(file_set))
    file_set.add_many(_sources(folder, 12), missing_keys="fill")
    file_set.edit_properties(ID="NEW")
    return file_set, file_set.write


def _change(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Add and remove in the standard layout: names change hands."""
    file_set = _opened(folder)
    file_set.remove([list(file_set)[place] for place in (0, 4, 11)])
    file_set.add_many(_sources(folder, 3), missing_keys="fill")
    return file_set, lambda: file_set.write(verify=True)


def _keep(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Remove with the layout kept, and keep the DICOMDIR before."""
    file_set = _opened(folder)
    file_set.remove(list(file_set)[2:7])
    return file_set, lambda: file_set.write(use_existing=True, backup=True)


def _keep_add(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Add and remove with the layout kept."""
    file_set = _opened(folder)
    file_set.remove(list(file_set)[2:4])
    file_set.add_many(_sources(folder, 3), missing_keys="fill")
    return file_set, lambda: file_set.write(layout=Layout.KEEP)


def _standard(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Bring a foreign layout to the standard one."""
    file_set = _opened(folder)
    return file_set, file_set.write


def _copy(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Copy with what is staged; the source is as it was."""
    file_set = _opened(folder)
    file_set.remove(next(iter(file_set)))
    file_set.add_many(_sources(folder, 1), missing_keys="fill")
    return file_set, lambda: file_set.copy(folder / "copy", verify=True)


def _make_lowered(folder: Path) -> None:
    """Write one whose files have the names that a mount gave them."""
    _make_foreign(folder)
    for path in sorted((folder / "root").rglob("*"), reverse=True):
        if path.name != "DICOMDIR":
            path.rename(path.with_name(path.name.lower()))


def _load(folder: Path) -> tuple[None, Callable[[], object]]:
    """Open it, and find every file."""
    return None, lambda: _require_all(FileSet(folder / "root/DICOMDIR"))


def _salvage(folder: Path) -> tuple[None, Callable[[], object]]:
    """Open it with salvage, and find every file, or be told of what cannot be read."""

    def step() -> None:
        file_set = FileSet(folder / "root/DICOMDIR", salvage=True)
        if not any("cannot be read" in finding.what for finding in file_set.findings):
            _require_all(file_set)

    return None, step


def _add(folder: Path) -> tuple[None, Callable[[], object]]:
    """Add files; each is there afterwards, or is refused and named."""
    paths = _sources(folder, 12)

    def step() -> None:
        report = FileSet().add_many(paths, missing_keys="fill")
        named = {Path(one.path) for one in report.refused}
        assert named.union(Path(one.path) for one in report.added) == set(paths)
        assert all(one.path in str(one.error) for one in report.refused)

    return None, step


def _require_all(file_set: FileSet) -> None:
    """Require that nothing is taken for missing."""
    assert (len(file_set), len(file_set.missing)) == (12, 0)


def _make_many(folder: Path) -> None:
    """Write a File-set of 1,200 in a layout of its own, and 800 files to add."""
    for number in range(2000):
        place = f"root/DISC/S{number % 40}" if number < 1200 else f"sources/S{number % 7}"
        make_instance(folder / place / f"F{number:04d}", number)
    file_set = FileSet()
    file_set.add_many(sorted((folder / "root").rglob("F*")), missing_keys="fill")
    file_set.write(folder / "root", layout=Layout.KEEP)
    _add_foreign(folder)


def _many(folder: Path) -> tuple[FileSet, Callable[[], object]]:
    """Add 800, remove 400, and bring all to the standard layout."""
    file_set = _opened(folder)
    file_set.remove(list(file_set)[100:500])
    file_set.add_many(sorted((folder / "sources").rglob("F*")), missing_keys="fill")
    return file_set, file_set.write


MANY: Final = "many"
CASES: dict[str, tuple[Callable[[Path], object], Callable[[Path], Any]]] = {
    "new": (make_sources, _new),
    "over": (_make_standard, _over),
    "change": (_make_standard, _change),
    "keep": (_make_standard, _keep),
    "keep-add": (_make_foreign, _keep_add),
    "standard": (_make_foreign, _standard),
    "copy": (_make_standard, _copy),
}
"""What makes the folder before, and what stages; the latter returns what is to be watched."""

READINGS: dict[str, tuple[Callable[[Path], object], Callable[[Path], Any]]] = {
    "load": (_make_foreign, _load),
    "load under other names": (_make_lowered, _load),
    "salvage": (_make_lowered, _salvage),
    "add": (make_sources, _add),
}
"""As `CASES`, of what reads only."""

RECOVERIES = {
    "undo of change": ("change", storage.Action.UNDO),
    "finish of keep": ("keep", storage.Action.FINISH),
    "second stage of over": ("over", storage.Action.FINISH),
}
"""Recoveries: of which case, which died just before its commit or just after it."""


def make(case: str, folder: Path) -> None:
    """Make the folder in which a case is run."""
    name, action = RECOVERIES.get(case, (case, None))
    if case == MANY:
        _make_many(folder)
        return
    (CASES | READINGS)[name][0](folder)
    if action is not None:
        trial = folder.with_name("trial")
        counted = Fault()
        _run(name, _again(name, trial), counted)
        numbers = range(1, counted.calls)

        def is_committed(number: int) -> bool:
            _run(name, _again(name, trial), Fault(number))
            found = storage.pending(str(trial / "root"))
            return found is not None and found.action is storage.Action.FINISH

        first = numbers[bisect.bisect_left(numbers, True, key=is_committed)]
        _run(name, folder, Fault(first if action is storage.Action.FINISH else first - 1))


def _again(name: str, folder: Path) -> Path:
    """Make the folder of a case anew."""
    shutil.rmtree(folder, ignore_errors=True)
    CASES[name][0](folder)
    return folder


def _run(name: str, folder: Path, fault: Fault) -> None:
    """Do a case with a fault, by which it may die."""
    real = storage.execute
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "execute", lambda plan, **more: real(plan, volume=fault, **more))
        patch.setattr(writing.Writer, "_settle", lambda *_: None)  # the dead do nothing
        with suppress(Killed):
            CASES[name][1](folder)[1]()


def ready(case: str, folder: Path) -> tuple[FileSet | None, Callable[[], object]]:
    """Stage everything; return what is to be watched, and the step that changes the disk."""
    if case in RECOVERIES:
        return None, lambda: storage.recover(str(folder / "root"))
    return _many(folder) if case == MANY else (CASES | READINGS)[case][1](folder)


def snapshot(folder: Path) -> dict[str, str | None]:
    """Return everything below a folder: SHA-256 by name, None for folders."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else sha(path.read_bytes())
        for path in folder.rglob("*")
    }


def staged_state(file_set: FileSet | None) -> list[Any]:
    """Return what a person sees of a File-set."""
    if file_set is None:
        return []
    return [
        str(file_set),
        file_set.path,
        [(str(one.SOPInstanceUID), str(one.path)) for one in file_set],
        [str(one.SOPInstanceUID) for one in file_set.staged_additions],
        [str(one.SOPInstanceUID) for one in file_set.staged_removals],
        file_set.staged_properties,
        file_set.undo_text,
        file_set.edit_count,
    ]


def _serve_one(case: str, folder: Path, start: int) -> None:
    """Do a case in this process, and tell how it went; once more if it failed."""
    warnings.simplefilter("ignore")
    file_set, step = ready(case, folder)
    if case in READINGS:
        step()  # loads what is loaded when it is first used
    before, seen = snapshot(folder), staged_state(file_set)
    os.write(1, f"{os.getpid()}\n".encode())
    select.select([start], [], [])  # no call that is counted
    told: dict[str, Any] = {"error": "", "old": True, "same": True, "retry": ""}
    try:
        step()
    except StudioError as error:
        told["error"] = f"{type(error).__name__}: {error}"
    except BaseException as error:  # noqa: BLE001 - to be told
        told["error"] = f"foreign {type(error).__name__}: {error}"
    with suppress(OSError):
        os.lstat(END)
    if told["error"]:
        told["old"] = snapshot(folder) == before
        told["same"] = staged_state(file_set) == seen
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - to be told
            told["retry"] = f"{type(error).__name__}: {error}"
    if case == "copy":  # which never changes its source, whatever becomes of it
        told["same"] = told["same"] and staged_state(file_set) == seen
    os.write(1, json.dumps(told).encode() + b"\n")


def serve() -> None:
    """Do one case for every line of standard input, each in a process of its own."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)
    for line in sys.stdin:
        case, _, folder = line.rstrip("\n").partition("\t")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)
            _serve_one(case, Path(folder), reading)
            os._exit(0)
        os.close(reading)
        sys.stdin.readline()  # the tracer is there
        os.write(writing, b"!")
        _, status = os.waitpid(child, 0)
        os.close(writing)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    serve()
