"""The row about what must not grow faster than the File-set: everything but loading."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tests.benchmarks.bench import Line, mean, took
from tests.benchmarks.generate import make_files
from tests.benchmarks.processes import run_work, touch_memory
from tests.benchmarks.rows_records import GROWTH_AT_MOST

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.processes import Run

_BYTES_TOUCHED = 3_000


def everything(bench: Bench) -> list[Line]:
    """Add, index, find, remove n, 10 n and 100 n: time and growth of each step."""
    sizes = [bench.n, bench.n * 10, bench.n * 100]

    def work(size: int) -> Run:
        bench.tell(f"everything with {size:,} files")
        folder = make_files(bench.fresh(), size)
        touch_memory(sizes[-1] * _BYTES_TOUCHED)
        return run_work("work", "everything", folder)

    runs = bench.around(sizes, work)
    lines = []
    for step in runs[0][0].said["wall"]:
        wall = [[one.said["wall"][step] for one in side] for side in runs]
        processor = [mean([one.said["processor"][step] for one in side]) for side in runs]
        growth = [more / less for less, more in pairwise(processor)]
        line = Line(
            f"{step}: {sizes[2]:,}, and over {sizes[1]:,} over {sizes[0]:,}",
            took(mean(wall[2])),
            f"{took(mean(wall[1]))}, {took(mean(wall[0]))}",
            ", ".join(f"{one:.1f}x" for one in growth),
            f"<= {GROWTH_AT_MOST}x",
            max(growth) <= GROWTH_AT_MOST,
            values={f"{size:,}": times for size, times in zip(sizes, wall, strict=True)},
        )
        times = ", ".join(took(one) for one in processor)
        line.notes.append(f"growth of the processor time, from {times}, means of all runs")
        lines.append(line)
    peak = max(one.said["peak"] for one in runs[2]) / 1e9
    lines[0].notes.append(f"peak of the process that did all of it: {peak:.2f} GB")
    return lines
