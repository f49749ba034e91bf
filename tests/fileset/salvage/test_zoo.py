"""Every fault of the zoo, loaded with salvage and without."""

from __future__ import annotations

import re
import statistics
import time
import warnings
from typing import TYPE_CHECKING

import pytest
from pydicom.errors import InvalidDicomError

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet
from tests.fileset.salvage.disc import (
    Shape,
    expected_homes,
    sound_disc,
    write_files,
)
from tests.fileset.salvage.zoo import ZOO, Fault

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Shape()
LARGE = Shape(patients=10, studies=2, series=5, images=100)
_SECONDS = 1.0
_SLACK = 3.0


def homes(file_set: FileSet) -> dict[str, tuple[str, ...]]:
    """Return patient, study and series of every instance, those with missing files included."""
    found = {}
    for instance in [*file_set, *file_set.missing]:
        above = [str(node.key) for node in instance.node.ancestors][::-1]
        found[str(instance.SOPInstanceUID)] = tuple(above)
    return found


@pytest.fixture
def disc_root(tmp_path: Path) -> Path:
    """Write the files of a small disc."""
    write_files(tmp_path, SMALL)
    return tmp_path


def broken(fault: Fault, root: Path, shape: Shape = SMALL) -> Path:
    """Write the DICOMDIR with a fault beside the files."""
    path = root / "DICOMDIR"
    path.write_bytes(fault.make(sound_disc(shape)))
    return path


def test_the_sound_disc_is_sound(disc_root: Path) -> None:
    """What the faults are put into has none, strictly and when salvaging."""
    path = disc_root / "DICOMDIR"
    path.write_bytes(sound_disc(SMALL).lay())
    assert homes(FileSet(path)) == expected_homes(SMALL)
    salvaged = FileSet(path, salvage=True)
    assert salvaged.findings == []
    assert not salvaged._repaired


@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_every_other_instance_is_there(fault: Fault, disc_root: Path) -> None:
    """Each instance is under its right patient, study and series; the finding is given."""
    path = broken(fault, disc_root)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file_set = FileSet(path, salvage=True)
    found = homes(file_set)
    gone = {uid.decode() for uid in fault.gone}
    wanted: dict[str, tuple[str, ...]] = dict(expected_homes(SMALL))
    for uid in gone:
        del wanted[uid]
    if fault.name == "retired_topic":
        wanted = {uid: home[-2:] for uid, home in wanted.items()}
        found = {uid: home[-2:] for uid, home in found.items()}
    assert found == wanted
    assert {str(one.SOPInstanceUID) for one in file_set.missing} == {
        uid.decode() for uid in fault.missing
    }
    said = [finding for finding in file_set.findings if re.search(fault.says, finding.what)]
    assert said, "\n".join(map(str, file_set.findings))
    assert any(re.search(fault.at, finding.where) for finding in said), said
    assert all(finding.clause and finding.remedy for finding in file_set.findings)


@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_strict_loading_ends_in_an_error_of_ours(fault: Fault, disc_root: Path) -> None:
    """Without salvage a fault is refused by a named error, or does not matter."""
    path = broken(fault, disc_root)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if fault.strict:
            with pytest.raises((StudioError, InvalidDicomError)):
                FileSet(path)
        else:
            FileSet(path)


@pytest.fixture(scope="module")
def large_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files of a disc of 10,000 images, once."""
    root = tmp_path_factory.mktemp("large")
    write_files(root, LARGE)
    return root


@pytest.mark.parametrize("fault", ZOO, ids=lambda fault: fault.name)
def test_ten_thousand_records_in_a_second(fault: Fault, large_root: Path) -> None:
    """A large disc with the fault loads about as fast as a sound one."""
    path = broken(fault, large_root, LARGE)
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        file_set = FileSet(path, salvage=True)
        taken.append(time.perf_counter() - begun)
    assert len(file_set) >= 9_000
    assert statistics.median(taken) < _SECONDS * _SLACK
