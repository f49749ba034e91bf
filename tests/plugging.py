"""A FAT file system in an image, mounted in user space."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.judges import Judges


@contextlib.contextmanager
def plugged_in(image: Path, folder: Path, judges: Judges) -> Iterator[subprocess.Popen[bytes]]:
    """Mount an image at a folder."""
    words = [judges.find("fusefat"), "-f", "-o", "rw+", str(image), str(folder)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 5
        while not os.path.ismount(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert os.path.ismount(folder)
        yield process
        unmounted(folder)
        process.terminate()


def unmounted(folder: Path) -> None:
    """Unmount what fusefat mounted."""
    for _ in range(50):
        subprocess.run(["fusermount", "-u", "-z", folder], capture_output=True, check=False)
        if not os.path.ismount(folder):
            return
        time.sleep(0.05)
