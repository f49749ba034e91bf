"""The lowest layer stands alone and costs little to import."""

from __future__ import annotations

import subprocess
import sys

# Ten milliseconds on a machine that has nothing else to do; tests share theirs.
MOST_SECONDS = 0.05

MEASURE = """
import dataclasses, enum, inspect, json, pathlib, re, time, typing
begun = time.process_time()
from dicomdir_studio.standard import records, sop_classes
print(time.process_time() - begun)
"""

FOREIGN = """
import sys
from dicomdir_studio.standard import (
    character_sets, file_ids, icons, media, pdi, profiles, records, sop_classes
)
print(len(profiles.PROFILES))
assert not {"pydicom", "numpy", "PySide6"} & set(sys.modules), sorted(sys.modules)
"""


def _run(code: str) -> str:
    """Return what a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_tables_are_cheap_to_import() -> None:
    """Record types and SOP Classes are there within a blink, the best of some runs counting."""
    assert min(float(_run(MEASURE)) for _ in range(5)) < MOST_SECONDS


def test_the_layer_needs_nothing_but_python() -> None:
    """No library is imported for facts."""
    assert _run(FOREIGN).strip() == "82"
