"""Nothing grows faster than the work: eight times the instances, about eight times the time.

Processor time is compared, not the clock on the wall, and never with a fixed number: a
slow machine or a busy one passes, a loop within a loop does not. All instances are in
one series, where a search among siblings would show.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.spanning import Room, Span, divide
from tests.benchmarks.generate import (
    MANY_SERIES,
    ONE_SERIES,
    Shape,
    link_tree,
    make_directory,
    make_files,
)
from tests.benchmarks.work import files_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.bench

FACTOR = 8
BOUND = FACTOR * 1.6
# A square would be 64. Small enough for seconds, large enough that starting costs do not show.
FILES = 400
RECORDS = 2_500
REPEATS = 5

Sizes = dict[int, "Path"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Sizes:
    """Make folders of files without a DICOMDIR, by their size."""
    root = tmp_path_factory.mktemp("files")
    return {
        count: make_files(root / str(count), count, ONE_SERIES) for count in (FILES, FILES * FACTOR)
    }


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> Sizes:
    """Make DICOMDIRs with stand-ins, by their size."""
    root = tmp_path_factory.mktemp("directories")
    return {
        count: make_directory(root / str(count), count, ONE_SERIES)
        for count in (RECORDS, RECORDS * FACTOR)
    }


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of a work, all its threads together."""
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin


def assert_linear(measure: Callable[[int], float], size: int) -> None:
    """Fail if eight times the size costs much more than eight times the time.

    Parameters
    ----------
    measure : callable
        Returns the seconds of the work at a size.
    size : int
        The smaller size.
    """
    measure(size)  # what is made once, at the first use, is no growth
    ratios = [measure(size * FACTOR) / measure(size) for _ in range(REPEATS)]
    assert statistics.median(ratios) < BOUND, f"{FACTOR}n over n: {ratios}"


def test_the_measure_tells_a_square_from_a_line() -> None:
    """What grows with the square fails, what grows with the work passes."""

    def line(size: int) -> float:
        return seconds(lambda: sum(range(size * 1_000)))

    def square(size: int) -> float:
        return seconds(lambda: sum(sum(range(size)) for _ in range(size)))

    assert_linear(line, 200)
    with pytest.raises(AssertionError, match="8n over n"):
        assert_linear(square, 400)


def test_add_grows_with_the_files(files: Sizes) -> None:
    """Adding files one call after the other is linear, and so is adding them at once."""
    paths = {count: files_below(str(folder)) for count, folder in files.items()}

    def one_by_one(count: int) -> float:
        file_set = FileSet()
        return seconds(lambda: [file_set.add(path) for path in paths[count]])

    def at_once(count: int) -> float:
        file_set = FileSet()
        return seconds(lambda: file_set.add_many(paths[count]))

    assert_linear(one_by_one, FILES)
    assert_linear(at_once, FILES)


def test_taking_back_each_grows_with_the_files(files: Sizes) -> None:
    """Adding a file and taking it back, again and again, is linear."""
    paths = {count: files_below(str(folder)) for count, folder in files.items()}

    def by_turns(count: int) -> float:
        file_set = FileSet()

        def work() -> None:
            for path in paths[count]:
                file_set.remove(file_set.add(path))
                assert not len(file_set)

        return seconds(work)

    assert_linear(by_turns, FILES)


def test_removing_each_grows_with_the_records(directories: Sizes) -> None:
    """Removing one instance after the other is linear, with a look at what is left each time."""

    def removed(count: int) -> float:
        file_set = FileSet(directories[count])
        instances = list(file_set)

        def work() -> None:
            for left, instance in enumerate(reversed(instances)):
                file_set.remove(instance)
                assert len(file_set) == count - left - 1

        return seconds(work)

    assert_linear(removed, RECORDS)


def test_load_grows_with_the_records(directories: Sizes) -> None:
    """Loading is linear."""
    assert_linear(lambda count: seconds(lambda: FileSet(directories[count])), RECORDS)


def test_find_grows_with_the_records(directories: Sizes) -> None:
    """Finding by a key, and listing its values, are linear, also the first time."""

    def first_time(count: int) -> float:
        file_set = FileSet(directories[count])

        def work() -> None:
            assert len(file_set.find(InstanceNumber=1_000_001)) == 1
            assert len(file_set.find_values("ReferencedSOPInstanceUIDInFile")) == count
            assert len(file_set.find(PatientID="BENCH000000")) == count

        return seconds(work)

    assert_linear(first_time, RECORDS)


def test_index_write_grows_with_the_files(files: Sizes) -> None:
    """Writing a DICOMDIR of files left in place is linear, the plan included."""

    def written(count: int) -> float:
        folder = files[count]
        file_set = FileSet()
        file_set.add_many(files_below(str(folder)))
        taken = seconds(lambda: file_set.write(folder, layout=Layout.KEEP))
        (folder / "DICOMDIR").unlink()
        return taken

    assert_linear(written, FILES)


def test_remove_grows_with_what_goes(files: Sizes, tmp_path: Path) -> None:
    """Removing every other instance and writing in place is linear."""
    turns = iter(range(100))

    def removed(count: int) -> float:
        root = link_tree(files[count], tmp_path / str(next(turns)))
        file_set = FileSet()
        file_set.add_many(files_below(str(root)))
        file_set.write(root, layout=Layout.KEEP)

        def work() -> None:
            file_set.remove(list(file_set)[::2])
            file_set.write(use_existing=True)

        taken = seconds(work)
        assert len(file_set) == count - (count + 1) // 2
        shutil.rmtree(root)
        return taken

    assert_linear(removed, FILES)


@pytest.mark.parametrize("shape", [ONE_SERIES, MANY_SERIES], ids=["one series", "many studies"])
def test_dividing_over_media_grows_with_the_files(shape: Shape, tmp_path: Path) -> None:
    """Dividing over few large discs and over many small ones is linear in the instances."""
    plans = {}
    for count in (RECORDS, RECORDS * FACTOR):
        plan = plan_medium(FileSet(make_directory(tmp_path / str(count), count, shape)))
        # Of some hundred kilobytes and of many lengths, as images are.
        files = (
            replace(file, size=200_000 + place * 7919 % 90_000)
            for place, file in enumerate(plan.files)
        )
        plans[count] = replace(plan, files=tuple(files))

    def divided(media: int) -> Callable[[int], float]:
        return lambda count: seconds(
            lambda: Span.of(divide(plans[count], Room(plans[count].bytes // media)))
        )

    assert_linear(divided(3), RECORDS)
    assert_linear(divided(40), RECORDS)
