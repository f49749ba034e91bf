"""The same kinds of errors and warnings as pydicom's on the same misuse, hostile media included."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dicomdir_studio.errors import FileIdError, StudioError
from dicomdir_studio.fileset import FileSet, RecordNode, generate_filename, is_conformant_file_id
from tests.bundled import sample
from tests.fileset.twins import instances_of, outcome, quietly, save_directory
from tests.folders import files_below

if TYPE_CHECKING:
    from collections.abc import Callable

Misuse = "Callable[[Any, Path], Any]"


def path_of_existing(fs: Any, root: Path) -> Any:
    """Give a path for a File-set that has one."""
    return fs.write(root / "elsewhere")


def existing_with_additions(fs: Any, root: Path) -> Any:
    """Keep the layout though additions are staged."""
    fs.add(sample("CT_small.dcm"))
    return fs.write(use_existing=True)


def remove_twice(fs: Any, root: Path) -> Any:
    """Remove what is removed."""
    instance = next(iter(fs))
    fs.remove(instance)
    return fs.remove(instance)


def remove_stranger(fs: Any, root: Path) -> Any:
    """Remove an instance of another File-set."""
    other = type(fs)()
    return fs.remove(other.add(sample("CT_small.dcm")))


def remove_taken_back(fs: Any, root: Path) -> Any:
    """Remove an addition twice."""
    instance = fs.add(sample("CT_small.dcm"))
    fs.remove(instance)
    return fs.remove(instance)


def copy_onto_itself(fs: Any, root: Path) -> Any:
    """Copy to where the File-set is."""
    return fs.copy(fs.path)


def long_id(fs: Any, root: Path) -> Any:
    """Set a File-set ID of 17 characters."""
    fs.ID = "A" * 17


def long_descriptor(fs: Any, root: Path) -> Any:
    """Set a descriptor File ID of 17 characters."""
    fs.descriptor_file_id = "A" * 17


def long_part(fs: Any, root: Path) -> Any:
    """Set a descriptor File ID with a component of 17 characters."""
    fs.descriptor_file_id = ["README", "A" * 17]


def many_parts(fs: Any, root: Path) -> Any:
    """Set a descriptor File ID of 9 components."""
    fs.descriptor_file_id = ["A"] * 9


def wrong_parts(fs: Any, root: Path) -> Any:
    """Set a descriptor File ID with a component that is no text."""
    fs.descriptor_file_id = ["A", 1]


def wrong_descriptor(fs: Any, root: Path) -> Any:
    """Set a descriptor File ID that is no text."""
    fs.descriptor_file_id = 1


def attribute_absent(fs: Any, root: Path) -> Any:
    """Ask an instance for an element that no record has."""
    return next(iter(fs)).PixelData


def item_absent(fs: Any, root: Path) -> Any:
    """Ask an instance by keyword for an element that no record has."""
    return next(iter(fs))["PixelData"]


def keyword_unknown(fs: Any, root: Path) -> Any:
    """Ask an instance for an element by a keyword that the Standard does not have."""
    return next(iter(fs))["NoSuchThing"]


def keyword_unknown_within(fs: Any, root: Path) -> Any:
    """Ask whether an instance has an element that the Standard does not have."""
    return "NoSuchThing" in next(iter(fs))


def tag_absent(fs: Any, root: Path) -> Any:
    """Ask an instance by tag for an element that no record has."""
    return next(iter(fs))[0x7FE00010]


def child_absent(fs: Any, root: Path) -> Any:
    """Ask a record for a child that it does not have."""
    return fs._tree["absent"]


def delete_absent(fs: Any, root: Path) -> Any:
    """Take out of a record a child that it does not have."""
    del fs._tree["absent"]


def remove_no_leaf(fs: Any, root: Path) -> Any:
    """Take a record out of the tree that references no instance."""
    return fs._tree.remove(fs._tree.children[0])


def root_component(fs: Any, root: Path) -> Any:
    """Ask the root for its File ID component."""
    return fs._tree.component


MISUSES = (
    path_of_existing, existing_with_additions, remove_twice, remove_stranger, remove_taken_back,
    copy_onto_itself, long_id, long_descriptor, long_part, many_parts, wrong_parts,
    wrong_descriptor, attribute_absent, item_absent, keyword_unknown,
    keyword_unknown_within, tag_absent, child_absent, delete_absent,
    remove_no_leaf, root_component,
)  # fmt: skip


def patient() -> Dataset:
    """Return a PATIENT record."""
    record = Dataset()
    record.DirectoryRecordType = "PATIENT"
    record.PatientID = "1"
    record.PatientName = "One"
    return record


@pytest.mark.parametrize("misuse", MISUSES)
def test_misuse(
    oracle: Any, media: Path, tmp_path: Path, misuse: Callable[[Any, Path], Any]
) -> None:
    """Each misuse raises the same kind of error, in words that begin alike; nothing is written."""
    before = files_below(media)
    done = []
    for kind in (oracle.FileSet, FileSet):
        file_set = quietly(lambda kind=kind: kind(media / "DICOMDIR"))
        done.append(outcome(lambda fs=file_set: misuse(fs, tmp_path)))
    theirs, ours = done
    assert theirs.error is not None
    assert ours.kind == theirs.kind
    if isinstance(ours.error, StudioError):
        assert ours.error.what == str(theirs.error)
    else:
        assert str(ours.error) == str(theirs.error)
    assert files_below(media) == before


@pytest.mark.parametrize("name", ["", "absent.dcm"], ids=["folder", "absent"])
def test_adding_no_file(oracle: Any, tmp_path: Path, name: str) -> None:
    """A folder, and a path that leads nowhere, raise the system's kinds of errors in both."""
    for call in ("add", "add_custom"):
        theirs, ours = (
            outcome(getattr(kind(), call), tmp_path / name, *custom)
            for kind, custom in (
                (oracle.FileSet, () if call == "add" else (oracle.RecordNode(patient()),)),
                (FileSet, () if call == "add" else (RecordNode(patient()),)),
            )
        )
        assert ours.kind == theirs.kind in {"FileNotFoundError", "IsADirectoryError"}
        assert isinstance(ours.error, ValueError)  # as every instance that cannot be taken
    (refused,) = FileSet().add_many([tmp_path / name]).refused
    assert refused.error.what in {"This is a folder, not a file", "The file cannot be read"}


def test_a_new_file_set_needs_a_path(oracle: Any) -> None:
    """`write` of a new File-set without a path is a ValueError, `root_path` an AttributeError."""
    theirs, ours = outcome(oracle.FileSet().write), outcome(FileSet().write)
    assert ours.kind == theirs.kind == "ValueError"
    assert str(ours.error) == str(theirs.error)
    with pytest.raises(AttributeError, match="No root path set in the File-set"):
        _ = FileSet().root_path


@pytest.mark.parametrize("extra", range(6, 10))
def test_more_than_seven_ancestors(oracle: Any, extra: int) -> None:
    """A leaf with more than 7 ancestors is refused, one with 7 is taken."""

    def leaf_below(kind: Any) -> Any:
        node = None
        for level in range(extra + 1):
            record = Dataset()
            record.DirectoryRecordType = "PRIVATE"
            record.PrivateRecordUID = f"1.2.3.{level}"
            child = kind(record)
            if node is not None:
                child.parent = node
            node = child
        return node

    done = []
    for file_set, kind in ((oracle.FileSet(), oracle.RecordNode), (FileSet(), RecordNode)):
        done.append(
            outcome(
                lambda fs=file_set, k=kind: fs.add_custom(sample("CT_small.dcm"), leaf_below(k))
            )
        )
    theirs, ours = done
    assert ours.kind == theirs.kind
    if theirs.error is not None:
        assert ours.error is not None
        assert str(ours.error).startswith(str(theirs.error))
    else:
        assert ours.value.FileID == theirs.value.FileID


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"PatientID": "1"},
        {"DirectoryRecordType": "PATIENT"},
        {"DirectoryRecordType": "STUDY"},
        {"DirectoryRecordType": "SERIES"},
        {"DirectoryRecordType": "IMAGE"},
        {"DirectoryRecordType": "PRIVATE"},
        {"DirectoryRecordType": "PATIENT", "PatientID": "1"},
        {"DirectoryRecordType": "STUDY", "ReferencedSOPInstanceUIDInFile": "1.2"},
    ],
    ids=str,
)
def test_records_of_ones_own(oracle: Any, elements: dict[str, str]) -> None:
    """A record needs its type and the key that its type is known by."""
    done = []
    for kind in (oracle.RecordNode, RecordNode):
        record = Dataset()
        for keyword, value in elements.items():
            setattr(record, keyword, value)
        done.append(outcome(lambda kind=kind, record=record: kind(record).key))
    theirs, ours = done
    assert ours.kind == theirs.kind
    if theirs.error is None or isinstance(ours.error, StudioError):
        assert ours.value == theirs.value


def hostile(media: Path, value: Any) -> Path:
    """Give the first IMAGE record of the sample File-set a File ID of one's own."""
    dataset = pydicom.dcmread(media / "DICOMDIR")
    for record in dataset.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            quietly(lambda held=record: setattr(held, "ReferencedFileID", value))
            break
    return save_directory(dataset, media / "HOSTILE")


HOSTILE: tuple[Any, ...] = (
    ["..", "SECRET"],
    ["77654033", "..", "..", "SECRET"],
    "../SECRET",
    "/etc/passwd",
    ["", "etc", "passwd"],
    ["/etc", "passwd"],
    "..",
)


@pytest.mark.parametrize("value", HOSTILE, ids=str)
def test_a_file_id_that_leaves_the_root(oracle: Any, media: Path, value: Any) -> None:
    """It is a PermissionError on loading in both, and nothing outside is read or shown."""
    (media.parent / "SECRET").write_bytes(sample("CT_small.dcm").read_bytes())
    path = hostile(media, value)
    theirs, ours = outcome(lambda: oracle.FileSet(path)), outcome(lambda: FileSet(path))
    assert isinstance(ours.error, FileIdError)
    assert isinstance(ours.error, PermissionError)
    assert "must be inside the DICOMDIR root path" in str(ours.error)
    if theirs.error is not None:
        assert ours.kind == theirs.kind


@pytest.mark.parametrize(
    "value", ["C:\\SECRET", "c:/SECRET", ["C:", "SECRET"], ["A:B", "C"]], ids=str
)
def test_a_drive_letter(media: Path, value: Any) -> None:
    """A drive letter or a stream is refused on every system, though only Windows knows them."""
    with pytest.raises(PermissionError, match="must be inside"):
        FileSet(hostile(media, value))


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_out_of_the_root(oracle: Any, media: Path, tmp_path: Path, kind: str) -> None:
    """A symbolic link to a file or folder outside is a PermissionError in both."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "SECRET").write_bytes(sample("CT_small.dcm").read_bytes())
    if kind == "file":
        (media / "LINK").symlink_to(outside / "SECRET")
        path = hostile(media, "LINK")
    else:
        (media / "LINK").symlink_to(outside)
        path = hostile(media, ["LINK", "SECRET"])
    theirs, ours = outcome(lambda: oracle.FileSet(path)), outcome(lambda: FileSet(path))
    assert ours.kind == theirs.kind == "PermissionError"
    salvaged = FileSet(path, salvage=True)
    assert len(salvaged) == 30
    assert all(not one.path.startswith(str(outside)) for one in salvaged)


def test_a_link_within_the_root(media: Path) -> None:
    """A symbolic link that stays inside is followed."""
    first = media / "77654033" / "CR1" / "6154"
    (media / "LINK").symlink_to(first)
    file_set = FileSet(hostile(media, "LINK"))
    assert len(file_set) == 31
    assert Path(next(iter(file_set)).path).read_bytes() == first.read_bytes()


@pytest.mark.parametrize("value", ["77654033/CR1/6154", ["77654033", "CR1/6154"]], ids=str)
def test_slashes_in_one_value(oracle: Any, media: Path, value: Any) -> None:
    """Slashes in place of backslashes are understood, as pydicom understands them."""
    path = hostile(media, value)
    theirs, ours = (quietly(lambda k=k: k(path)) for k in (oracle.FileSet, FileSet))
    assert [one[0] for one in instances_of(ours)] == [one[0] for one in instances_of(theirs)]
    assert Path(next(iter(ours)).path).samefile(next(iter(theirs)).path)


def test_a_hostile_record_is_never_written_through(media: Path, tmp_path: Path) -> None:
    """Salvaged, such a record's instance is missing; a write deletes and moves nothing outside."""
    secret = tmp_path / "SECRET"
    secret.write_bytes(b"mine")
    file_set = FileSet(hostile(media, ["..", "SECRET"]), salvage=True)
    assert [one.is_missing for one in file_set.missing] == [True]
    assert any(one.clause == "PS3.10 8.2" for one in file_set.findings)
    file_set.remove(next(iter(file_set)))
    quietly(file_set.write)
    assert secret.read_bytes() == b"mine"


def test_empty_file_ids_are_no_instances(oracle: Any, media: Path) -> None:
    """A record with an empty File ID references nothing, and is no leaf."""
    values: tuple[Any, ...] = ("", None, [])
    for value in values:
        path = hostile(media, value)
        theirs, ours = (quietly(lambda k=k, p=path: k(p)) for k in (oracle.FileSet, FileSet))
        assert len(ours) == len(theirs) == 30


@pytest.mark.parametrize("prefix", ["", "IM", "A" * 8])
@pytest.mark.parametrize("alphanumeric", [False, True])
def test_generate_filename(oracle: Any, prefix: str, alphanumeric: bool) -> None:
    """The same names in the same order, and the same refusal of a prefix too long."""

    def first(make: Any) -> list[str]:
        names = make(prefix=prefix, start=33, alphanumeric=alphanumeric)
        return [name for name, _ in zip(names, range(80), strict=False)]

    theirs = outcome(lambda: first(oracle.generate_filename))
    ours = outcome(lambda: first(generate_filename))
    assert (ours.kind, ours.value) == (theirs.kind, theirs.value)


@pytest.mark.parametrize(
    "path",
    ["A", "AB_1/CD", "a", "A" * 9, "/".join("ABCDEFGH"), "/".join("ABCDEFGHI"), "A.B", "A B", "Ä"],
)
def test_is_conformant_file_id(oracle: Any, path: str) -> None:
    """The same File IDs conform."""
    assert is_conformant_file_id(Path(path)) == oracle.is_conformant_file_id(Path(path))


def test_uid_setter(oracle: Any, media: Path) -> None:
    """A UID that is none is refused in both; a good one is taken."""
    uid = generate_uid()
    for kind in (oracle.FileSet, FileSet):
        file_set = quietly(lambda kind=kind: kind(media / "DICOMDIR"))
        file_set.UID = uid
        assert uid == file_set.UID
        assert file_set.is_staged
