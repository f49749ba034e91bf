"""Makes UDF images and has other programs read them."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

from dicomdir_studio.media.capacity import folders_of
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile
from dicomdir_studio.media.udf.layout import Layout, lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.udf.revision import Revision
    from tests.judges import Judges

_SIZES = (0, 1, 2047, 2048, 2049, 4096, 9_000)


def tree_plan(files: int = 300, name: str = "UDF_TEST") -> MediumPlan:
    """Return a plan of files of all lengths around a block's, several levels deep.

    One folder has a directory of several blocks, with names of all lengths.
    """
    chance = random.Random(files)
    extras = [
        TextFile(
            f"PT{number % 3:06d}/ST{number % 7:06d}/SE{number % 2:06d}/IM{number:06d}",
            chance.randbytes(chance.choice(_SIZES)),
        )
        for number in range(files)
    ]
    extras += [
        TextFile(f"FLAT/IM{number:0{1 + number % 6}d}", bytes([number % 251]))
        for number in range(1_000, 1_000 + files // 2)
    ]
    extras.append(TextFile("README.TXT", b"Read me\r\n"))
    return MediumPlan(name, chance.randbytes(70_001), (), tuple(extras))


def layout_of(plan: MediumPlan, revision: Revision) -> Layout:
    """Return where everything of a plan lies in its image."""
    sizes = list(plan.sizes())
    return lay_out(sizes, folders_of(name for name, _ in sizes), revision)


def by_7zip(judges: Judges, image: Path, to: Path) -> Path:
    """Return a folder with what 7-Zip finds in the UDF file system of an image."""
    tested = judges.ask("7z", "t", "-tUdf", image)
    assert tested.code == 0, tested.words
    assert "Everything is Ok" in tested.words
    assert "Warning" not in tested.words
    verdict = judges.ask("7z", "x", "-y", "-tUdf", f"-o{to}", image)
    assert verdict.code == 0, verdict.words
    return to


def asked_udfclient(judges: Judges, image: Path, *lines: str, writes: bool = False) -> str:
    """Return what udfclient, of NetBSD's author of UDF, says to some commands on an image."""
    done = subprocess.run(
        [judges.find("udfclient"), *(["-W"] if writes else []), "-b", "2048", image],
        input="".join(f"{line}\n" for line in (*lines, "quit")).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout.decode("utf-8", "replace")


def volume_in(told: str) -> str:
    """Return the folder in which udfclient shows a file set, out of a listing of its root."""
    return next(line.split()[-1] for line in told.splitlines() if line.startswith(("d", "UDF> d")))


def by_udfclient(judges: Judges, image: Path, to: Path, *names: str) -> Path:
    """Return a folder with what udfclient finds under some names in the root of an image."""
    to.mkdir()
    volume = volume_in(asked_udfclient(judges, image, "ls"))
    wanted = [f"get {name} {to / name}" for name in names]
    asked_udfclient(judges, image, f"cd {volume}", *wanted)
    return to
