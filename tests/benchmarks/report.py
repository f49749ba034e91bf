"""The table that people read and the JSON that machines read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.benchmarks.bench import BUDGETS_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.bench import Line

_HEADS = ("work", "ours", "peer", "ratio", "budget", "verdict")


def verdict(line: Line) -> str:
    """Return what became of a line's budget, in a word."""
    if line.met is None:
        return "not measured" if line.budget else ""
    return "met" if line.met else "MISSED"


def table(lines: Sequence[Line], n: int) -> str:
    """Return the table as text, its notes below.

    Parameters
    ----------
    lines : sequence of Line
        What was measured.
    n : int
        The size; for another than that of the budgets the table says so.
    """
    cells = [
        (line.work, line.ours, line.peer, line.ratio, line.budget, verdict(line)) for line in lines
    ]
    widths = [max(map(len, column)) for column in zip(_HEADS, *cells, strict=True)]
    rows = [_HEADS, tuple("-" * width for width in widths), *cells]
    out = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
           for row in rows]  # fmt: skip
    notes = [f"- {line.work}: {'. '.join(line.notes)}." for line in lines if line.notes]
    notes.append(
        "- Times are the best of all runs, pauses the median, growth of means; JSON has all."
    )
    if n != BUDGETS_SIZE:
        notes.insert(0, f"- n is {n:,}; the budgets are written for {BUDGETS_SIZE:,}.")
    return "\n".join([*out, "", *notes, ""])


def write_json(path: Path, lines: Sequence[Line], about: dict[str, Any]) -> None:
    """Write what was measured, every single value of it, and what it depends on."""
    rows = [{**asdict(line), "verdict": verdict(line)} for line in lines]
    path.write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")
