"""The elements that identify a File-set (PS3.3 F.3.2.1): their limits and encodings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset.values import decoded
from dicomdir_studio.part10.directory_writer import DirectoryHead

if TYPE_CHECKING:
    from dicomdir_studio.part10.directory_reader import GeneralElements

Properties: TypeAlias = dict[str, Any]

FILE_SET_ID: Final = 0x00041130
DESCRIPTOR_FILE_ID: Final = 0x00041141
DESCRIPTOR_CHARACTER_SET: Final = 0x00041142
_TAGS: Final = {
    "ID": FILE_SET_ID,
    "descriptor_file_id": DESCRIPTOR_FILE_ID,
    "descriptor_character_set": DESCRIPTOR_CHARACTER_SET,
}
_ID_LENGTH: Final = 16
_COMPONENTS: Final = 8


def checked_property(name: str, value: Any) -> Any:
    """Return a validated value of a property.

    Raises
    ------
    ValueError
        If it exceeds the limits of PS3.3 F.3.2.1.
    TypeError
        If it is of the wrong type.
    """
    if name == "UID":
        uid = pydicom.uid.UID(value)
        if not uid.is_valid:
            raise FileSetError(
                f"'{value}' is not a valid UID", why="PS3.5 9.1", remedy="Give a valid UID"
            )
        return str(uid)
    if name == "ID" and value is not None and len(value) > _ID_LENGTH:
        raise FileSetError("The maximum length of the 'File-set ID' is 16 characters")
    if name == "descriptor_file_id":
        return _checked_descriptor(value)
    return value


def _checked_descriptor(value: Any) -> Any:
    """Return a File-set Descriptor File ID, cleaned up."""
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) > _ID_LENGTH:
            raise FileSetError(
                "Each 'File-set Descriptor File ID' component has a maximum length of 16 characters"
            )
        return value
    if not isinstance(value, list):
        raise TypeError("The 'DescriptorFileID' must be a str, list of str, or None")
    good = len(value) <= _COMPONENTS and all(
        isinstance(part, str) and len(part) <= _ID_LENGTH for part in value
    )
    if not good:
        raise FileSetError(
            "The 'File-set Descriptor File ID' has a maximum of 8 "
            "components, each between 0 and 16 characters long"
        )
    return list(Path(*value).parts)


def properties_of(directory: GeneralElements, uid: str) -> Properties:
    """Return the properties that a DICOMDIR states.

    They are Code Strings, whatever VR they have: a number is not one, and cannot be written.
    """
    properties: Properties = {"UID": uid}
    for name, tag in _TAGS.items():
        entry = directory.general.get(tag)
        properties[name] = None if entry is None else decoded(tag, b"CS", entry[1])
    return properties


def head_of(properties: Properties, directory: GeneralElements | None) -> DirectoryHead:
    """Return what a DICOMDIR is to hold beside its records.

    Elements that were in the DICOMDIR and are not ours to set are kept.
    """
    general = {} if directory is None else dict(directory.general)
    for name, tag in _TAGS.items():
        general.pop(tag, None)
        value = properties.get(name)
        if value is None and tag != FILE_SET_ID:
            continue
        text = "" if value is None else value if isinstance(value, str) else "\\".join(value)
        general[tag] = (b"CS", text.encode("latin-1", "replace"))
    meta = {} if directory is None else directory.meta
    return DirectoryHead(str(properties["UID"]), meta, general)
