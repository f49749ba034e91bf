"""The elements of directory records, beside pydicom's data dictionary."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from pydicom import datadict

from dicomdir_studio.standard import elements

if TYPE_CHECKING:
    from pathlib import Path


def test_every_element_is_as_the_dictionary_has_it() -> None:
    """Tag and VR of each keyword are pydicom's."""
    known = dict(elements._by_keyword())
    assert len(known) > 90
    for keyword, tag in known.items():
        assert datadict.tag_for_keyword(keyword) == tag
        assert datadict.keyword_for_tag(tag) == keyword
        assert datadict.dictionary_VR(tag)[:2].encode() == elements.vr_named(tag)
        assert elements.tag_named(keyword) == tag


def test_the_elements_that_people_search_for_are_there() -> None:
    """What every directory has is known without the dictionary."""
    for keyword in (
        "PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "StudyDescription",
        "AccessionNumber", "SeriesInstanceUID", "SeriesNumber", "Modality", "InstanceNumber",
        "SOPInstanceUID", "SOPClassUID", "ReferencedSOPInstanceUIDInFile", "ReferencedFileID",
    ):  # fmt: skip
        assert elements.tag_named(keyword) is not None


def test_what_records_do_not_hold_is_not_known() -> None:
    """The dictionary itself is asked for the rest."""
    assert elements.tag_named("PixelData") is None
    assert elements.vr_named(0x7FE00010) is None


def test_a_search_needs_no_dictionary(sample_dir: Path) -> None:
    """A search by a key of the records ends before pydicom's import would have."""
    code = (
        "import sys; from dicomdir_studio.fileset import FileSet; "
        f"fs = FileSet({str(sample_dir / 'DICOMDIR')!r}); "
        "found = fs.find(PatientID='77654033'); values = fs.find_values('StudyDate'); "
        "assert len(found) == 7 and fs.find(**{'Modality': 'MR'}) and values; "
        "print('pydicom' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout == "False\n"
