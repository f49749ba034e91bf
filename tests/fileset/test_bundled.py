"""All of pydicom's bundled instances go in under `fill`, and every judge accepts the result."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest

from dicomdir_studio.errors import DuplicateInstanceError
from dicomdir_studio.fileset import ConflictKind, FileSet
from tests.bundled import TEST_FILES
from tests.fileset.twins import assert_whole, quietly
from tests.folders import digest

if TYPE_CHECKING:
    from tests.judges import Judges

# What dciodvfy has against UIDs of the instances: no record may give another.
OF_THE_INSTANCE = ("Illegal root for UID uses non-existent ISO arc",)
NO_INSTANCES = frozenset((".py", ".txt", ".json", ".pyc", ".md"))


def identified() -> dict[Path, str]:
    """Return every bundled file with a SOP Class and a SOP Instance UID, and the latter."""
    found = {}
    for path in sorted(TEST_FILES.parent.rglob("*")):
        if not path.is_file() or path.suffix in NO_INSTANCES or "DICOMDIR" in path.name:
            continue
        try:
            dataset = quietly(lambda path=path: pydicom.dcmread(path, force=True))
            meta = getattr(dataset, "file_meta", {})
            sop_class = dataset.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID")
            if sop_class and dataset.get("SOPInstanceUID"):
                found[path] = str(dataset.SOPInstanceUID)
        except Exception:  # noqa: BLE001, S112 - what pydicom itself cannot read is no instance
            continue
    return found


IDENTIFIED = identified()


def test_there_are_enough() -> None:
    """The bundled files are those that the rest of this module is about."""
    assert len(IDENTIFIED) >= 170
    assert {
        "rtstruct.dcm",
        "ExplVR_BigEndNoMeta.dcm",
        "MR_truncated.dcm",
        "rtplan_truncated.dcm",
    } <= {path.name for path in IDENTIFIED}


@pytest.mark.judges
def test_all_go_in(tmp_path: Path, judges: Judges) -> None:
    """Each goes in; those under one UID one after the other, in File-sets of their own."""
    left = dict(IDENTIFIED)
    taken: Counter[str] = Counter()
    number = 0
    while left:
        file_set = FileSet()
        report = quietly(file_set.add_many, left, missing_keys="fill")
        refused = {Path(one.path): one.error for one in report.refused}
        # Only another file with the same UID keeps one out, and it is told of as a conflict.
        assert all(isinstance(error, DuplicateInstanceError) for error in refused.values())
        contents = [one for one in report.conflicts if one.kind is ConflictKind.CONTENT]
        same = [path for path, error in refused.items() if "same content" in (error.why or "")]
        assert len(contents) + len(same) == len(refused)
        uids = Counter(left.values())
        assert len(report.added) == len(uids)
        root = tmp_path / str(number)
        quietly(file_set.write, root)
        held = quietly(assert_whole, root)
        assert held.keys() == uids.keys()
        taken.update(held.keys())
        made = {one.where for one in report.findings if "copy in the File-set" in one.what}
        for path in left.keys() - refused.keys():
            if str(path) not in made:
                assert held[left[path]] == digest(path), path.name
        judges.accept(root, instances=len(uids), despite=OF_THE_INSTANCE)
        left = {path: left[path] for path in refused if path not in same}
        number += 1
    assert taken.keys() == set(IDENTIFIED.values())
    assert 1 < number <= 12


@pytest.mark.parametrize(
    "name", ["rtstruct.dcm", "ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm"]
)
def test_bare_data_sets_get_the_file_format(tmp_path: Path, name: str) -> None:
    """The copy of a bare data set is a DICOM file with its bytes to the letter; it is told of."""
    path = TEST_FILES / name
    file_set = FileSet()
    report = quietly(file_set.add_many, [path], missing_keys="fill")
    (instance,) = report.added
    assert instance.origin == str(path)
    assert [one.where for one in report.findings if "no File Meta" in one.what] == [str(path)]
    plan = file_set.plan(tmp_path / "set")
    assert [source for source, _, _ in plan.additions] == [str(path)]
    file_set.execute(plan)
    (written,) = file_set
    assert Path(written.path).read_bytes().endswith(path.read_bytes())
    theirs = quietly(pydicom.dcmread, written.path)
    ours = quietly(pydicom.dcmread, path, force=True)
    assert theirs == ours
    assert theirs.file_meta.MediaStorageSOPInstanceUID == ours.SOPInstanceUID
    assert written.TransferSyntaxUID == theirs.file_meta.TransferSyntaxUID
    again = quietly(file_set.add_many, [path], missing_keys="fill")
    assert "same content" in (again.refused[0].error.why or "")
    assert not again.findings
