"""The header reader beside pydicom, element for element, over all bundled files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.charset import convert_encodings

from dicomdir_studio.errors import (
    FolderGivenError,
    InstanceError,
    MissingFileError,
    NotDicomError,
    StudioError,
)
from dicomdir_studio.fileset.recording import wanted_tags
from dicomdir_studio.fileset.values import decoded
from dicomdir_studio.part10.header import header_of_dataset, read_header
from tests.bundled import TEST_FILES, sample
from tests.fileset.twins import bundled_instances, quietly, short, tags_of

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomdir_studio.part10.header import InstanceHeader

BULK = 0x7FE00000
INSTANCES = bundled_instances()


def theirs(path: Path) -> Dataset | None:
    """Read a file with pydicom, None where it will not."""
    try:
        dataset: Dataset = quietly(lambda: pydicom.dcmread(path))
    except Exception:  # noqa: BLE001 - whatever pydicom stumbles over
        return None
    return dataset


def values_of(header: InstanceHeader, dataset: Dataset) -> dict[int, Any]:
    """Decode what the header reader found, in the character set of the data set."""
    terms = dataset.get("SpecificCharacterSet") or "ISO_IR 6"
    encodings = tuple(convert_encodings(terms))
    return {
        tag: quietly(lambda tag=tag, vr=vr, value=value: decoded(tag, vr, value, encodings))
        for tag, (vr, value) in header.values.items()
        if tag >> 16 != 2
    }


@pytest.mark.parametrize("path", INSTANCES, ids=short)
def test_every_element(path: Path) -> None:
    """Asked for every element but the pixels, the reader gives what pydicom gives."""
    dataset = theirs(path)
    if dataset is None:
        with pytest.raises(StudioError):
            read_header(path, wanted_tags())
        return
    tags = {tag for tag in tags_of(dataset) if tag < BULK and tag & 0xFFFF}
    header = quietly(lambda: read_header(path, frozenset(tags)))
    ours = values_of(header, dataset)
    assert set(ours) == tags or header.truncated
    if path.name == "nested_priv_SQ.dcm":
        del ours[0x00010001]  # a value of odd length in it, which we pad as PS3.5 7.1.1 has it
    for tag, value in ours.items():
        assert quietly(lambda tag=tag, value=value: value == dataset[tag].value), f"({tag:08X})"


@pytest.mark.parametrize("path", INSTANCES, ids=short)
def test_the_wanted_elements(path: Path) -> None:
    """Asked for what records need, the reader gives these alone, and tells pixels and size."""
    dataset = theirs(path)
    if dataset is None:
        return
    header = quietly(lambda: read_header(path, wanted_tags()))
    ours = values_of(header, dataset)
    if not header.truncated:
        assert set(ours) == tags_of(dataset) & wanted_tags()
    for tag, value in ours.items():
        assert quietly(lambda tag=tag, value=value: value == dataset[tag].value), f"({tag:08X})"
    assert header.size == path.stat().st_size
    assert header.mtime_ns == path.stat().st_mtime_ns
    if not header.truncated:
        assert header.has_pixels == any(tag >> 16 == 0x7FE0 for tag in tags_of(dataset))
    assert header.transfer_syntax == str(dataset.file_meta.get("TransferSyntaxUID", "") or "")


@pytest.mark.parametrize("path", INSTANCES, ids=short)
def test_a_dataset_in_memory(path: Path) -> None:
    """The header of a data set in memory has the values of the file that it came from."""
    dataset = theirs(path)
    if dataset is None:
        return
    header = quietly(lambda: read_header(path, wanted_tags()))
    try:
        held = quietly(lambda: header_of_dataset(dataset, wanted_tags()))
    except InstanceError:
        return  # a value that pydicom itself cannot encode again
    if not header.truncated:
        assert quietly(lambda: values_of(held, dataset) == values_of(header, dataset))


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "rtplan_truncated.dcm"])
def test_truncated_files_are_told(name: str) -> None:
    """A file whose end is missing is known by reading its header alone."""
    try:
        header = read_header(sample(name), wanted_tags())
    except StudioError:
        return
    assert header.truncated


def test_whole_files_are_not_told_to_be_truncated() -> None:
    """No other bundled file is said to be cut off."""
    for path in INSTANCES:
        if path.stem.endswith("truncated") or theirs(path) is None:
            continue
        assert not quietly(lambda path=path: read_header(path, wanted_tags())).truncated, path


@pytest.mark.parametrize(
    "name", ["README.txt", "rtplan.dump", "zipMR.gz", "test1.json", "crayons.icc"]
)
def test_other_files_are_no_dicom(name: str) -> None:
    """Files of other formats are refused by their content."""
    with pytest.raises(NotDicomError, match=name.replace(".", r"\.")):
        read_header(TEST_FILES / name, wanted_tags())


def test_folders_and_absent_files(tmp_path: Path) -> None:
    """A folder, an absent file and an empty one are refused, each with its reason."""
    with pytest.raises(FolderGivenError, match="folder"):
        read_header(tmp_path, wanted_tags())
    with pytest.raises(MissingFileError, match="No such file"):
        read_header(tmp_path / "absent", wanted_tags())
    (tmp_path / "empty").touch()
    with pytest.raises(NotDicomError, match="empty"):
        read_header(tmp_path / "empty", wanted_tags())
