"""Storage SOP Classes and the type of the directory record of each (PS3.3 F.5, PS3.4)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dicomdir_studio.standard._data import read_table
from dicomdir_studio.standard.records import SINGLE_LEVEL_RECORD_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SINGLE_LEVEL_RECORD_TYPES",
    "SOP_CLASSES",
    "UNFILED_SOP_CLASSES",
    "SopClass",
    "record_type_for",
]


class SopClass(NamedTuple):
    """One Storage SOP Class.

    Attributes
    ----------
    uid, name : str
        Its UID and name (PS3.6 Annex A).
    record_type : str or None
        Type of its directory record; None where none is defined, so that it is never filed.
    retired : bool
        Whether the class is retired.
    note : str
        Why the row says so, where the Standard leaves room.
    """

    uid: str
    name: str
    record_type: str | None
    retired: bool = False
    note: str = ""


SOP_CLASSES: Mapping[str, SopClass] = MappingProxyType(
    {row["uid"]: SopClass(**row) for row in read_table("sop_classes")["sop_classes"]},
)
"""The Storage SOP Classes by UID, retired ones included."""

UNFILED_SOP_CLASSES: Mapping[str, SopClass] = MappingProxyType(
    {uid: row for uid, row in SOP_CLASSES.items() if row.record_type is None},
)
"""Those for which no directory record is defined: the DICOMDIR itself, protocols."""

_RECORD_TYPES = {uid: row.record_type for uid, row in SOP_CLASSES.items()}


def record_type_for(sop_class_uid: str) -> str | None:
    """Return the type of the directory record of a SOP Class.

    Parameters
    ----------
    sop_class_uid : str
        A SOP Class UID.

    Returns
    -------
    str or None
        The Directory Record Type, which may be a retired one for a retired SOP Class. None for
        a class that is never filed (see `UNFILED_SOP_CLASSES`) and for one that is not known,
        private ones among them: PS3.3 leaves those to the instance (with pixel data: IMAGE).
    """
    return _RECORD_TYPES.get(sop_class_uid)
