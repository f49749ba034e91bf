"""The elements of one directory record; a value is decoded when its row is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject, Qt

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.gui import wording
from dicomdir_studio.gui.models.lazy import LazyTableModel

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.tag import BaseTag

TAG, NAME, VR, VALUE = range(4)
_DIRECTORY_GROUP = 0x0004
_MOST_SHOWN = 200
_MOST_IN_TIP = 2000
_BINARY = (bytes, bytearray, memoryview)


class ElementsModel(LazyTableModel["BaseTag"]):
    """Elements of a data set: tag, keyword, VR, value."""

    HEADERS: ClassVar[tuple[str, ...]] = ("Tag", "Attribute", "VR", "Value")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dataset: Dataset | None = None

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Show the elements of a data set: the keys of a record before what links records."""
        self._dataset = dataset
        self.set_rows(() if dataset is None else sorted(dataset.keys(), key=_keys_first))

    def cell(self, row: BaseTag, column: int, role: int) -> object:
        """Return the tag, the keyword, the VR or the value."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column, _MOST_SHOWN)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _name(row) if column in (TAG, NAME) else self._text(row, column, _MOST_IN_TIP)
        return None

    def _text(self, tag: BaseTag, column: int, limit: int) -> str:
        if column == TAG:
            return str(tag).upper().replace(" ", "")
        if column == NAME:
            return pydicom.datadict.keyword_for_tag(tag) or _name(tag)
        if self._dataset is None:
            return ""
        if column == VR:
            return str(self._dataset.get_item(tag).VR or "")
        return self._value_text(tag, limit)

    def _value_text(self, tag: BaseTag, limit: int) -> str:
        """Return a value as text; one that cannot be decoded says so and spoils no other row."""
        if self._dataset is None:
            return ""
        try:
            element = self._dataset[tag]
        except Exception as error:  # noqa: BLE001 - whatever pydicom makes of broken bytes
            return self.tr("(cannot be decoded: {0})").format(wording.short(error, limit))
        value = element.value
        if element.VR == "SQ":
            return wording.counted(len(value), self.tr("item"), self.tr("items"))
        if isinstance(value, _BINARY):
            shown = " ".join(f"{byte:02X}" for byte in bytes(value[:16]))
            more = " …" if len(value) > 16 else ""  # noqa: PLR2004 - one line of bytes
            return f"{shown}{more} ({wording.size(len(value))})"
        if element.VM > 1:
            return wording.short("\\".join(str(one) for one in value), limit)
        return wording.short("" if value is None else value, limit)


def _keys_first(tag: BaseTag) -> tuple[bool, int]:
    return tag.group == _DIRECTORY_GROUP, int(tag)


def _name(tag: BaseTag) -> str:
    """Return the attribute's name in PS3.6, or what kind of unknown it is."""
    try:
        return str(pydicom.datadict.dictionary_description(tag))
    except KeyError:
        return wording.tr("Private attribute") if tag.is_private else wording.tr("Unknown")
