"""Where the time goes: ``python -m tests.benchmarks.profiling [--n 10000] [--top 12] [STEP,...]``.

Each step is measured twice on fresh objects: once plainly, for microseconds per
instance, and once under cProfile, whose own cost is scaled away, for the functions that
they go to (their own time, without what they call).
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.fileset import FileSet, Layout
from tests.benchmarks.generate import link_tree, make_directory, make_files
from tests.benchmarks.work import files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Work = Callable[[], object]

_PLACE_PARTS: Final = 2


class Steps:
    """The steps of the engine, each ready to be done on something fresh.

    Parameters
    ----------
    folder : Path
        Where its files are made.
    n : int
        How many instances.
    """

    def __init__(self, folder: Path, n: int) -> None:
        self._folder = folder
        self._files = make_files(folder / "files", n)
        self._paths = files_below(str(self._files))
        self._dicomdir = make_directory(folder / "directory", n)
        self._fresh = 0

    def names(self) -> list[str]:
        """Return the names of all steps."""
        return [name for name in vars(Steps) if not name.startswith("_") and name != "names"]

    def _new_path(self) -> Path:
        """Return a path where nothing is yet."""
        self._fresh += 1
        return self._folder / f"fresh-{self._fresh}"

    def _added(self) -> FileSet:
        """Return a File-set with all files staged."""
        file_set = FileSet()
        file_set.add_many(self._paths)
        return file_set

    def add_many(self) -> Work:
        """Stage all files."""
        file_set = FileSet()
        return lambda: file_set.add_many(self._paths)

    def plan_in_place(self) -> Work:
        """Plan the DICOMDIR of files that stay."""
        file_set = self._added()
        return lambda: file_set.plan(self._files, layout=Layout.KEEP)

    def execute_in_place(self) -> Work:
        """Write the DICOMDIR of files that stay, and load it."""
        file_set = self._added()
        root = link_tree(self._files, self._new_path())
        file_set = FileSet()
        file_set.add_many(files_below(str(root)))
        plan = file_set.plan(root, layout=Layout.KEEP)
        return lambda: file_set.execute(plan)

    def plan_new(self) -> Work:
        """Plan a new File-set."""
        file_set, target = self._added(), self._new_path()
        return lambda: file_set.plan(target)

    def execute_new(self) -> Work:
        """Write a new File-set, and load it."""
        file_set = self._added()
        plan = file_set.plan(self._new_path())
        return lambda: file_set.execute(plan)

    def load(self) -> Work:
        """Load a DICOMDIR."""
        return lambda: FileSet(self._dicomdir)

    def find_patient(self) -> Work:
        """Find by a patient's key, for the first time."""
        file_set = FileSet(self._dicomdir)
        return lambda: file_set.find(PatientID="BENCH000000")

    def find_instance(self) -> Work:
        """Find by an image's key, for the first time."""
        file_set = FileSet(self._dicomdir)
        return lambda: file_set.find(InstanceNumber=1_000_001)

    def find_values_instance(self) -> Work:
        """List the values of an image's key, for the first time."""
        file_set = FileSet(self._dicomdir)
        return lambda: file_set.find_values("InstanceNumber")

    def find_values_again(self) -> Work:
        """List the values of an image's key, for the second time."""
        file_set = FileSet(self._dicomdir)
        file_set.find_values("InstanceNumber")
        return lambda: file_set.find_values("InstanceNumber")

    def stage_removal(self) -> Work:
        """Stage the removal of every other instance."""
        file_set = FileSet(self._dicomdir)
        going = list(file_set)[::2]
        return lambda: file_set.stage_removal(going)

    def write_removal(self) -> Work:
        """Write after half was removed, files staying where they are."""
        root = link_tree(self._files, self._new_path())
        file_set = FileSet()
        file_set.add_many(files_below(str(root)))
        file_set.write(root, layout=Layout.KEEP)
        file_set.remove(list(file_set)[::2])
        return lambda: file_set.write(use_existing=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile the steps and print them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.profiling")
    parser.add_argument("steps", nargs="?", default="", help="some steps only, by comma")
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--top", type=int, default=12, help="functions shown of each step")
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="dicomdir-profile-") as folder:
        steps = Steps(Path(folder), given.n)
        for name in given.steps.split(",") if given.steps else steps.names():
            make = getattr(steps, name)
            make()()  # first use of tables and code
            plain = min(_timed(make()) for _ in range(3))
            title = str(make.__doc__).rstrip(".")
            sys.stdout.write(f"\n{name}: {plain / given.n * 1e6:.1f} us each ({title})\n")
            for line in _profiled(make(), plain, given.n)[: given.top]:
                sys.stdout.write(line + "\n")
            sys.stdout.flush()
            for left in Path(folder).glob("fresh-*"):
                shutil.rmtree(left)
    return 0


def _timed(work: Work) -> float:
    """Return the seconds of a work."""
    gc.collect()
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _profiled(work: Work, plain: float, n: int) -> list[str]:
    """Return the functions that take most of a work, in microseconds per instance."""
    gc.collect()
    profile = cProfile.Profile()
    profile.runcall(work)
    found: dict[tuple[str, int, str], tuple[Any, ...]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(values[2] for values in found.values()) or 1.0
    lines = []
    for (path, line, name), values in sorted(found.items(), key=lambda item: -item[1][2]):
        own = values[2] / total * plain / n * 1e6
        calls = values[0] / n
        place = "/".join(Path(path).parts[-_PLACE_PARTS:])
        where = f"{place}:{line} {name}" if line else name
        lines.append(f"  {own:7.2f} us  {calls:7.2f} calls  {where}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
