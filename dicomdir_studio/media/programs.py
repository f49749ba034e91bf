"""Programs of the system, run to their end in English, with what they said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

_SECONDS: Final = 300
_NOT_THERE: Final = 127


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said.

    Attributes
    ----------
    code : int
        How it ended, 0 being well; 127 if it is not there or did not end.
    out, err : str
        Its output and its complaints.
    """

    code: int
    out: str
    err: str = ""

    @property
    def reason(self) -> str:
        """The last line of what it complained of."""
        lines = [line.strip() for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1] if lines else f"it ended with {self.code} and said nothing"


Ask: TypeAlias = Callable[[Sequence[str]], Answer]
"""Runs a program and returns its answer; tests hand in recorded ones."""


def ask(words: Sequence[str]) -> Answer:
    """Run a program without a shell and without input, and return its answer."""
    try:
        done = subprocess.run(
            list(words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(_NOT_THERE, "", str(error))
    return Answer(
        done.returncode,
        done.stdout.decode("utf-8", "replace"),
        done.stderr.decode("utf-8", "replace"),
    )
