"""Text with letters that are written from right to left, in the order in which it is drawn.

The library that draws puts runs of one direction side by side as they come. Numbers within
Arabic or Hebrew belong on the other side of the words before them (Unicode Standard Annex 9,
rule L2), so runs are given to it in the order of the line.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby
from typing import Final

LEFT_TO_RIGHT: Final = "\u200e"
"""The mark that keeps what is beside it in an order of its own."""


def turns(text: str) -> bool:
    """Return whether a text has letters that are written from right to left."""
    return any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text)


def in_line_order(text: str) -> str:
    """Return a text with its runs as they stand on a line that is read from left to right.

    Parameters
    ----------
    text : str
        In the order in which it is read. Letters within a run stay in that order.
    """
    if not turns(text):
        return text
    # Part of the library that draws, which is imported by whoever prints.
    from fpdf.bidi import BidiParagraph  # noqa: PLC0415
    from fpdf.enums import TextDirection  # noqa: PLC0415

    signs = BidiParagraph(text, TextDirection.LTR, preserve_bn_chars=True).characters
    runs = [
        (level, "".join(one.character for one in group))
        for level, group in groupby(signs, key=lambda one: one.embedding_level)
    ]
    for level in range(max(one for one, _ in runs), 0, -1):
        runs = _turned(runs, level)
    return LEFT_TO_RIGHT + "".join(_drawn(level, run) for level, run in runs)


def _turned(runs: list[tuple[int, str]], level: int) -> list[tuple[int, str]]:
    """Return runs with every sequence of them at or above a level the other way round."""
    turned: list[tuple[int, str]] = []
    for is_turned, group in groupby(runs, key=lambda one: one[0] >= level):
        some = list(group)
        turned += some[::-1] if is_turned else some
    return turned


def _drawn(level: int, run: str) -> str:
    """Return a run so that its spaces stay on their sides, and its neighbours on theirs."""
    words = run.strip(" ")
    if not level % 2 or not words:
        return run
    before, after = run[: len(run) - len(run.lstrip(" "))], run[len(run.rstrip(" ")) :]
    return f"{after}{LEFT_TO_RIGHT}{words}{LEFT_TO_RIGHT}{before}"
