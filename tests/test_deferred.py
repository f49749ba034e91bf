"""What is imported when it is first used is imported by one thread at a time."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

# Every import of a part of pydicom takes a moment, so that threads meet within it.
_SLOWLY: Final = """
import sys, threading, time
from importlib.abc import MetaPathFinder

class Slow(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith("pydicom."):
            time.sleep(0.004)

sys.meta_path.insert(0, Slow())
from dicomdir_studio import errors
from dicomdir_studio.deferred import brought, pydicom
failed, start = [], threading.Barrier(4)

def run(work):
    start.wait()
    try:
        work()
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=run, args=(work,)) for work in (
    lambda: pydicom.charset.python_encoding,
    lambda: %s("pydicom.uid"),
    lambda: errors.NotDicomError,
    lambda: pydicom.dataset.Dataset(),
)]
for one in threads:
    one.start()
for one in threads:
    one.join()
sys.exit("; ".join(failed) or 0)
"""


def run(importer: str) -> subprocess.CompletedProcess[str]:
    """Import pydicom from four ends at once in a new interpreter."""
    code = _SLOWLY % importer
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )


def test_threads_import_pydicom_from_several_ends() -> None:
    """No thread gets a module that another has imported by half."""
    done = run("brought")
    assert done.returncode == 0, done.stderr


def test_the_threads_do_meet() -> None:
    """Without the order that is kept they would: else the test above could not fail."""
    if sys.version_info >= (3, 13):
        pytest.skip("how Python resolves such a wait differs by version")
    done = run("__import__('importlib').import_module")
    assert "partially initialized" in done.stderr
