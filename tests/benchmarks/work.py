"""The measured work, each piece as a process of its own: ``python -m tests.benchmarks.work NAME``.

Prints one JSON object with seconds by step. Times are taken inside the process, after
the imports; who compares programs takes the time of the whole process from outside.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UPPER_KEYS = ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "Modality")
LEAF_KEYS = ("InstanceNumber", "ReferencedSOPInstanceUIDInFile")


class Clock:
    """Seconds by step, by the clock on the wall and of the processor."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        begin, computing = time.perf_counter(), time.process_time()
        yield
        self.steps[name] = time.perf_counter() - begin
        self.processor[name] = time.process_time() - computing


def files_below(folder: str) -> list[str]:
    """Return every file but the DICOMDIR below a folder, as one listing after the other."""
    found: list[str] = []
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.name != "DICOMDIR":
                    found.append(entry.path)
    return found


def resident() -> int:
    """Return the bytes of this process that are in memory, 0 where that cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_resident() -> int:
    """Return the most bytes that this process had in memory, 0 where that cannot be told.

    Not ``ru_maxrss``, which begins with the size of the process that started this one.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(found[0]) * 1024 if found else 0


# Ours -----------------------------------------------------------------------------------------


def index(folder: str) -> dict[str, Any]:
    """Write the DICOMDIR of files that stay where they are."""
    from dicomdir_studio.fileset import FileSet, Layout

    clock = Clock()
    with clock.step("list"):
        paths = files_below(folder)
    file_set = FileSet()
    with clock.step("add"):
        report = file_set.add_many(paths)
    with clock.step("write"):
        file_set.write(folder, layout=Layout.KEEP)
    _expect(not report.refused and len(file_set) == len(paths), "every file is indexed")
    return clock.steps


def add(folder: str, count: str) -> dict[str, Any]:
    """Add files one call after the other."""
    from dicomdir_studio.fileset import FileSet

    return _add(FileSet, folder, count)


def load(dicomdir: str) -> dict[str, Any]:
    """Load a DICOMDIR; also what it takes in memory."""
    from dicomdir_studio.fileset import FileSet

    return _load(FileSet, dicomdir)


def find(dicomdir: str) -> dict[str, Any]:
    """Find instances and values, each key for the first time and again."""
    from dicomdir_studio.fileset import FileSet

    _import_all()
    seconds: dict[str, float] = {}
    count = 0
    for key in (*UPPER_KEYS, *LEAF_KEYS):
        # A File-set of its own for each, so that none profits from the one before.
        for operation in ("find", "find_values"):
            file_set = FileSet(dicomdir)
            count = len(file_set)
            gc.collect()
            wanted = _a_value(file_set, key)
            for time_of in ("first", "again"):
                begin = time.perf_counter()
                if operation == "find":
                    found = bool(file_set.find(**{key: wanted}))
                else:
                    found = bool(file_set.find_values(key))
                seconds[f"{operation} {key} {time_of}"] = time.perf_counter() - begin
                _expect(found, f"{operation} {key} finds something")
    return {"seconds": seconds, "instances": count}


def write(source: str, target: str) -> dict[str, Any]:
    """Write a new File-set of files that lie elsewhere."""
    from dicomdir_studio.fileset import FileSet

    clock = Clock()
    with clock.step("list"):
        paths = files_below(source)
    file_set = FileSet()
    with clock.step("add"):
        report = file_set.add_many(paths)
    with clock.step("write"):
        file_set.write(target)
    _expect(not report.refused and len(file_set) == len(paths), "every file is written")
    return clock.steps


def image(root: str, target: str) -> dict[str, Any]:
    """Write an image of a disc of a File-set, its files read once and not read back."""
    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.medium_plan import plan_medium
    from dicomdir_studio.media.targets import write_iso

    clock = Clock()
    with clock.step("plan"):
        plan = plan_medium(FileSet(Path(root, "DICOMDIR")))
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    with clock.step("image"):
        receipt = write_iso(plan, target, verified=False)
    _expect(receipt.files == len(plan.files) + 1, "every file is in the image")
    return {**clock.steps, "peak": peak_resident(), "bytes": receipt.bytes}


def remove(root: str) -> dict[str, Any]:
    """Remove every other instance and write, leaving the rest where it is."""
    from dicomdir_studio.fileset import FileSet

    return _remove(FileSet, root)


def everything(root: str) -> dict[str, Any]:
    """Do all that must not grow faster than the File-set, on files that stay where they are."""
    from dicomdir_studio.fileset import FileSet, Layout

    _import_all()
    clock = Clock()
    paths = files_below(root)
    file_set = FileSet()
    with clock.step("add"):
        report = file_set.add_many(paths)
    with clock.step("write the index"):
        file_set.write(root, layout=Layout.KEEP)
    _expect(not report.refused and len(file_set) == len(paths), "every file is indexed")
    del file_set, report
    gc.collect()
    with clock.step("load"):
        file_set = FileSet(os.path.join(root, "DICOMDIR"))  # noqa: PTH118 - text, as elsewhere
    gc.collect()
    for key in ("PatientID", "InstanceNumber"):
        wanted = _a_value(file_set, key)
        with clock.step(f"find {key}"):
            file_set.find(**{key: wanted})
        with clock.step(f"values of {key}"):
            file_set.find_values(key)
    going = list(file_set)[::2]
    with clock.step("stage removals"):
        file_set.remove(going)
    with clock.step("write after removing half"):
        file_set.write(use_existing=True)
    _expect(len(file_set) == len(paths) - len(going), "half is left")
    return {"wall": clock.steps, "processor": clock.processor, "peak": peak_resident()}


# pydicom's ------------------------------------------------------------------------------------


def pydicom_add(folder: str, count: str) -> dict[str, Any]:
    """Add files one call after the other, with pydicom."""
    from pydicom.fileset import FileSet

    return _add(FileSet, folder, count)


def pydicom_load(dicomdir: str) -> dict[str, Any]:
    """Load a DICOMDIR with pydicom; also what it takes in memory."""
    from pydicom.fileset import FileSet

    return _load(FileSet, dicomdir)


def pydicom_remove(root: str) -> dict[str, Any]:
    """Remove every other instance and write with pydicom, leaving the rest where it is."""
    from pydicom.fileset import FileSet

    return _remove(FileSet, root)


# What both do -----------------------------------------------------------------------------------


def _import_all() -> None:
    """Import what both need when first used, so that calls are compared and not imports."""
    for name in ("numpy", "pydicom.fileset", "pydicom.filewriter"):
        import_module(name)


def _add(kind: Any, folder: str, count: str) -> dict[str, Any]:
    """Add the first `count` files of a folder, one call after the other."""
    _import_all()
    paths = files_below(folder)[: int(count)]
    file_set = kind()
    clock = Clock()
    with clock.step("add"):
        for path in paths:
            file_set.add(path)
    _expect(len(file_set) == len(paths), "every file is added")
    return clock.steps


def _load(kind: Any, dicomdir: str) -> dict[str, Any]:
    """Load a DICOMDIR and take time and memory."""
    _import_all()
    gc.collect()
    before = resident()
    clock = Clock()
    begin = time.process_time()
    with clock.step("load"):
        file_set = kind(dicomdir)
    processor = time.process_time() - begin
    gc.collect()
    after = resident()
    count = len(file_set)
    return {
        **clock.steps,
        "processor": processor,
        "instances": count,
        "bytes per instance": (after - before) / count,
        "peak": peak_resident(),
    }


def _remove(kind: Any, root: str) -> dict[str, Any]:
    """Remove every other instance of a File-set and write it."""
    _import_all()
    clock = Clock()
    with clock.step("load"):
        file_set = kind(os.path.join(root, "DICOMDIR"))  # noqa: PTH118 - text, as pydicom likes it
    going = list(file_set)[::2]
    staying = len(file_set) - len(going)
    with clock.step("remove"):
        file_set.remove(going)
    with clock.step("write"):
        file_set.write(use_existing=True)
    _expect(len(file_set) == staying, "half is left")
    return clock.steps


def _a_value(file_set: Any, key: str) -> Any:
    """Return the value of a key in the middle instance, without touching any query."""
    leaf = file_set._stage.present[len(file_set) // 2].node
    while not leaf.is_root:
        value = leaf.get(key)
        if value is not None:
            return value
        leaf = leaf.parent
    raise KeyError(key)


def _expect(holds: bool, what: str) -> None:
    """Stop where a measured program did not do its work."""
    if not holds:
        raise RuntimeError(f"Not so: {what}")


WORK: dict[str, Callable[..., dict[str, Any]]] = {
    work.__name__: work
    for work in (
        *(index, add, load, find, write, image, remove, everything),
        *(pydicom_add, pydicom_load, pydicom_remove),
    )
}


def main() -> int:
    """Do one piece of work and print what it took."""
    name, *arguments = sys.argv[1:]
    warnings.simplefilter("ignore")
    json.dump(WORK[name](*arguments), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
