"""Rows about records alone: load, growth, find, memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.benchmarks.bench import Line, best, faster, mean, median, took, within
from tests.benchmarks.processes import run_work, touch_memory
from tests.benchmarks.work import LEAF_KEYS, UPPER_KEYS

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.processes import Run

GROWTH_AT_MOST = 11
BYTES_AT_MOST = 1_200
PEAK_AT_MOST = 1.5e9
_BYTES_TOUCHED = 1_500


def load(bench: Bench) -> list[Line]:
    """Load n instances against pydicom, which is run once where that takes long."""
    dicomdir = bench.directory(bench.n)
    runs = bench.in_turn(
        [
            partial(run_work, "work", "load", dicomdir),
            partial(run_work, "work", "pydicom_load", dicomdir),
        ],
        [bench.repeats, bench.repeats if bench.n < 2_000 else 1],
    )
    ours, peer = [[one.said["load"] for one in side] for side in runs]
    line = faster(f"load {bench.n:,} instances", ours, peer, 30, "pydicom")
    line.notes.append("time of the call" + ("; pydicom run once" if len(peer) == 1 else ""))
    memory = Line(
        f"memory per instance at {bench.n:,}, pydicom's beside ours",
        f"{median([one.said['bytes per instance'] for one in runs[0]]):,.0f} B",
        f"{median([one.said['bytes per instance'] for one in runs[1]]):,.0f} B pydicom",
    )
    return [line, memory]


def growth(bench: Bench) -> list[Line]:
    """Load n, 10 n and 100 n: time, growth, memory."""
    sizes = [bench.n, bench.n * 10, bench.n * 100]
    dicomdirs = {size: bench.directory(size) for size in sizes}

    def work(size: int) -> Run:
        touch_memory(sizes[-1] * _BYTES_TOUCHED)
        return run_work("work", "load", dicomdirs[size])

    runs = bench.around(sizes, work)
    seconds = [[one.said["load"] for one in side] for side in runs]
    processor = [mean([one.said["processor"] for one in side]) for side in runs]
    each = [[one.said["bytes per instance"] for one in side] for side in runs]
    peaks = [[one.said["peak"] for one in side] for side in runs]
    times = [mean(values) for values in seconds]
    lines = [within(f"load {sizes[1]:,} instances", times[1], 1.0)]
    lines[0].values["ours"] = seconds[1]
    for place in (1, 2):
        ratio = times[place] / times[place - 1]
        line = Line(
            f"load {sizes[place]:,} over load {sizes[place - 1]:,}",
            took(times[place]),
            f"{took(times[place - 1])} ours",
            f"{ratio:.1f}x",
            f"<= {GROWTH_AT_MOST}x",
            ratio <= GROWTH_AT_MOST,
            values={"ours": seconds[place], "a tenth": seconds[place - 1]},
        )
        cpu = processor[place] / processor[place - 1]
        line.notes.append(f"means of all runs; in processor time {cpu:.1f}x")
        lines.append(line)
    return lines + _memory(sizes, each, peaks)


def _memory(sizes: list[int], each: list[list[float]], peaks: list[list[float]]) -> list[Line]:
    """Return the lines about memory."""
    size, peak = median(each[1]), median(peaks[2])
    kept = Line(
        f"memory per instance, {sizes[1]:,} loaded",
        f"{size:,.0f} B",
        budget=f"<= {BYTES_AT_MOST:,} B",
        met=size <= BYTES_AT_MOST if size else None,
        notes=["resident memory after loading less before, collected, DICOMDIR included"],
        values={"ours": each[1]},
    )
    most = Line(
        f"peak memory, {sizes[2]:,} loaded",
        f"{peak / 1e9:.2f} GB",
        budget=f"<= {PEAK_AT_MOST / 1e9:g} GB",
        met=peak <= PEAK_AT_MOST if peak else None,
        notes=["VmHWM of the whole process"],
        values={"ours": peaks[2]},
    )
    return [kept, most]


def find(bench: Bench) -> list[Line]:
    """Find instances and values over 10 n, records only."""
    dicomdir = bench.directory(bench.n * 10)
    runs = bench.in_turn([partial(run_work, "work", "find", dicomdir)])[0]
    names = list(runs[0].said["seconds"])
    times = {name: [one.said["seconds"][name] for one in runs] for name in names}
    parts = (
        ("patient, study and series keys", UPPER_KEYS, ("first", "again"), 0.050),
        ("leaf keys, first time", LEAF_KEYS, ("first",), 0.400),
        ("leaf keys, again", LEAF_KEYS, ("again",), 0.050),
    )
    lines = []
    for what, keys, states, limit in parts:
        chosen = {
            name: best(values)
            for name, values in times.items()
            if name.split()[1] in keys and name.split()[2] in states
        }
        worst = max(chosen, key=lambda name: chosen[name])
        line = within(f"find, find_values over {bench.n * 10:,}: {what}", chosen[worst], limit)
        line.notes.append(
            "the slowest; " + ", ".join(f"{name} {took(one)}" for name, one in chosen.items())
        )
        line.values = {name: times[name] for name in chosen}
        lines.append(line)
    return lines
