"""Rows about the window: how soon it shows rows, how long it does not answer."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tests.benchmarks.bench import Line, median, took, within
from tests.benchmarks.processes import run_work

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.processes import Run

FIRST_ROWS_SECONDS = 1.0
PAUSE_SECONDS = 0.050
_PHASES = (
    "open", "remove", "undo", "redo", "search", "sort found", "sort by size", "sort by name",
    "select all", "add", "plan", "write", "close", "sweep",
)  # fmt: skip


def window(bench: Bench) -> list[Line]:
    """Open 10 n in the window, stage, add and write 10 n, and watch its pauses."""
    if find_spec("PySide6") is None:
        return [Line("the window", "", notes=["PySide6 is not installed"])]
    count = bench.n * 10
    dicomdir, folder = bench.directory(count), bench.files(count)

    def measured() -> Run:
        return run_work("window", dicomdir, folder, bench.fresh())

    def opened() -> Run:
        return run_work("window", dicomdir, "--first-rows")

    runs, openings = bench.in_turn([measured, opened])
    shown = [one.said["first rows"] for one in openings]
    first = within(
        f"window: {count:,} instances opened to first rows painted",
        median(shown),
        FIRST_ROWS_SECONDS,
    )
    first.values["ours"] = shown
    found = median([one.said["files found"] for one in openings])
    first.notes.append(f"the files found, counts and states known, after {took(found)}")
    first.notes.append("from the wish to open, the window being there, offscreen")
    return [first, _pauses(count, runs)]


def _pauses(count: int, runs: list[Run]) -> Line:
    """Return the line about the longest pause of all phases."""
    pauses = {phase: [one.said[phase]["pause"] for one in runs] for phase in ("idle", *_PHASES)}
    medians = {phase: median(values) for phase, values in pauses.items()}
    worst = max(_PHASES, key=lambda phase: medians[phase])
    line = within(
        f"window: longest pause while opening, staging, writing {count:,}",
        medians[worst],
        PAUSE_SECONDS,
    )
    line.values = pauses
    seconds = partial(_seconds, runs)
    line.notes.append(
        f"longest while it did {worst}; "
        + ", ".join(f"{phase} {took(one)}{seconds(phase)}" for phase, one in medians.items())
    )
    line.notes.append("idle is what the machine alone costs: nothing was being done")
    return line


def _seconds(runs: list[Run], phase: str) -> str:
    """Return how long a phase took as a whole, in words."""
    return f" (of {took(median([one.said[phase]['seconds'] for one in runs]))})"
