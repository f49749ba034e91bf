"""What the fuzzers call: read any bytes, and let nothing out but the errors that are promised."""

from __future__ import annotations

import warnings
import zlib
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydicom.errors import InvalidDicomError

from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.fileset.recording import layout_memory, wanted_tags
from dicomdir_studio.part10.framing import framing_of
from dicomdir_studio.part10.header import read_header
from tests.fileset.salvage.disc import Shape, image_file, sound_disc, write_files
from tests.fileset.salvage.zoo import ZOO

if TYPE_CHECKING:
    from dicomdir_studio.fileset import RecordNode

PROMISED: Final = (StudioError, InvalidDicomError)
"""The project's own tree, and what the reference API documents for a file that is not DICOM."""

SHAPE: Final = Shape(patients=1, studies=1, series=2, images=2)
_BROKEN: Final = Shape(images=1)
_PLANNED_EVERY: Final = 16
_MOST_SHOWN: Final = 12
_KEYWORDS: Final = (
    "PatientName", "PatientID", "StudyDate", "StudyDescription", "SeriesNumber", "InstanceNumber",
    "SpecificCharacterSet", "NumberOfFrames", "IconImageSequence", "ContentSequence",
)  # fmt: skip


def prepare(folder: Path) -> None:
    """Write the files that a DICOMDIR may reference."""
    write_files(folder, SHAPE)


def header(data: bytes, folder: Path) -> None:
    """Read the header of a file with the given bytes."""
    path = folder / "FUZZ"
    path.write_bytes(data)
    with warnings.catch_warnings():  # as errors they would end the reading early
        warnings.simplefilter("ignore")
        _read_headers(path)


def _read_headers(path: Path) -> None:
    """Read a header in full and in part, and look for what would make a DICOM file of it."""
    with suppress(*PROMISED):
        framing = framing_of(path)
        assert framing.head[128:132] == b"DICM"
        assert 0 <= framing.begin <= path.stat().st_size
    for memory in (None, layout_memory()):
        try:
            found = read_header(path, wanted_tags(), memory)
        except PROMISED:
            continue
        for vr, value in found.values.values():
            assert len(vr) == 2
            assert isinstance(value, bytes)


def directory(data: bytes, folder: Path) -> None:
    """Load a DICOMDIR with the given bytes, strictly and by salvage, and look at it all."""
    path = folder / "DICOMDIR"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for salvage in (False, True):
            try:
                file_set = FileSet(path, salvage=salvage)
            except PROMISED:
                continue
            look_at(file_set, salvaged=salvage)
            if salvage and not zlib.crc32(data) % _PLANNED_EVERY:
                plan(file_set, folder)


def look_at(file_set: FileSet, *, salvaged: bool) -> None:
    """Read everything that a window shows of a File-set."""
    for node in islice(file_set.tree, _MOST_SHOWN):
        assert node.record_type
        assert isinstance(node.key, str)
        for keyword in _KEYWORDS:
            node.get(keyword)
    count(file_set.tree)
    for instance in [*file_set, *file_set.missing]:
        assert instance.path
        # The reference API raises AttributeError for what a record does not say.
        assert "ReferencedSOPInstanceUIDInFile" in instance or not salvaged
    for finding in file_set.findings:
        assert str(finding)
    for group in file_set.readings():
        for reading in group.readings[:1]:
            assert file_set.apply_charset(reading.term, group.records) or group.sound
            file_set.undo()


def count(node: RecordNode) -> tuple[int, int]:
    """Count the instances at and below a record, and those missing; its own counts agree."""
    below = [count(child) for child in node.children]
    own = (0, 0) if node.instance is None else (1, int(node.instance.is_missing))
    instances, missing = (sum(one) for one in zip(own, *below, strict=True))
    assert (node.tally.instances, node.tally.missing) == (instances, missing)
    return instances, missing


def plan(file_set: FileSet, folder: Path) -> None:
    """Plan a copy, which lays every record anew."""
    try:
        file_set.plan_copy(folder / "copy")
    except PROMISED:
        return


def directory_seeds() -> list[bytes]:
    """Return DICOMDIRs to begin with: every broken one of the zoo, and a sound one."""
    return [sound_disc(SHAPE).lay()] + [fault.make(sound_disc(_BROKEN)) for fault in ZOO]


def header_seeds() -> list[bytes]:
    """Return files to begin with: an image and pydicom's small samples."""
    from pydicom.data import get_testdata_file

    names = (
        "image_dfl.dcm", "ExplVR_BigEnd.dcm", "nested_priv_SQ.dcm", "test-SR.dcm", "rtplan.dcm",
        "no_meta.dcm", "UN_sequence.dcm", "SC_rgb_jpeg_dcmtk.dcm", "liver_1frame.dcm",
    )  # fmt: skip
    samples = [Path(str(get_testdata_file(name))).read_bytes()[:20_000] for name in names]
    return [image_file(0, 0, 0, 0), *samples]
