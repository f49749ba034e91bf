"""Finds instances by the values of elements, in the records or in the files."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import np, pydicom
from dicomdir_studio.errors import InstanceError
from dicomdir_studio.fileset.columns import merged, rows_with
from dicomdir_studio.fileset.read_ahead import read_in_order
from dicomdir_studio.fileset.values import DEFAULT_ENCODINGS, decoded, encodings_of
from dicomdir_studio.fileset.warning import warn
from dicomdir_studio.part10.header import read_header
from dicomdir_studio.standard.elements import tag_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydicom.dataset import Dataset

    from dicomdir_studio.fileset.columns import Columns
    from dicomdir_studio.fileset.file_instance import FileInstance
    from dicomdir_studio.monitor import Monitor
    from dicomdir_studio.part10.header import Found

_BULK_GROUP: Final = 0x7FE0
_MISSING: Final = object()


def tag_of(name: str | int) -> int | None:
    """Return the tag that a keyword or tag names, None if there is none."""
    if isinstance(name, str):
        tag = tag_named(name) or pydicom.datadict.tag_for_keyword(name)
        if tag is not None:
            return tag
    try:
        return int(pydicom.tag.Tag(name))
    except (ValueError, OverflowError, TypeError):
        return None


class FileValues:
    """Reads elements from the instances' files, their headers only.

    Parameters
    ----------
    tags : sequence of int
        The elements.
    """

    def __init__(self, tags: Sequence[int]) -> None:
        self._tags = tags
        self._wanted = frozenset((*tags, 0x00080005))
        self._bulk = any(tag >> 16 == _BULK_GROUP for tag in tags)

    def read(self, instance: FileInstance) -> dict[int, Any]:
        """Return the values of those of the elements that the instance has.

        Raises
        ------
        InstanceError
            If the file cannot be read.
        """
        return self.decoded(self.raw(instance))

    def raw(self, instance: FileInstance) -> Dataset | Found:
        """Read the file; what is left to do needs no file any more."""
        path = instance.path
        if not self._bulk:
            return read_header(path, self._wanted).values
        try:
            return pydicom.dcmread(path)
        except OSError as error:
            raise InstanceError("The file cannot be read", where=path, why=str(error)) from error

    def decoded(self, raw: Dataset | Found) -> dict[int, Any]:
        """Return the values in what was read."""
        if not isinstance(raw, dict):
            return {tag: raw[tag].value for tag in self._tags if tag in raw}
        terms = raw.get(0x00080005)
        encodings = encodings_of(terms[1]) if terms and terms[1] else DEFAULT_ENCODINGS
        return {
            tag: decoded(tag, raw[tag][0], raw[tag][1], encodings)
            for tag in self._tags
            if tag in raw and tag >> 16 != 2
        }

    def read_all(
        self, instances: Sequence[FileInstance], monitor: Monitor
    ) -> Iterator[dict[int, Any]]:
        """Yield the values in the files of instances, in their order."""
        for raw in read_in_order(instances, self.raw, monitor):
            yield self.decoded(raw)


def find_in_records(
    columns: Columns, wanted: dict[str, Any], *, lenient: bool = False
) -> list[FileInstance]:
    """Return the instances whose records have all the wanted values.

    Warns where no instance has all the elements, as the reference API does.
    """
    count = len(columns.instances)
    found = np.ones(count, dtype=bool)
    together = np.ones(count, dtype=bool)
    for name, value in wanted.items():
        tag = tag_of(name)
        if tag is None:
            found, together = np.zeros_like(found), np.zeros_like(found)
            break
        column = columns.column(tag)
        hits = _lenient_codes(column, str(value)) if lenient else column.codes_equal(value)
        found &= rows_with(column.codes, hits)
        together &= column.codes >= 0
    if not together.any() and not lenient:
        warn(
            "None of the records in the DICOMDIR dataset contain all "
            "the query elements, consider using the 'load' parameter "
            "to expand the search to the corresponding SOP instances"
        )
    instances = columns.instances
    return [instances[row] for row in np.flatnonzero(found).tolist()]


def _lenient_codes(column: Any, typed: str) -> set[int]:
    """Return the codes of the values that what the user typed may mean."""
    matches = lenient_match(typed)
    return {code for code in range(len(column.distinct)) if matches(column.value(code))}


def lenient_match(typed: str) -> Callable[[Any], bool]:
    """Return a test for values as the user types them.

    Case does not matter; ``*`` and ``?`` stand for any characters (PS3.4 C.2.2.2.4);
    one value of a multi-valued element is enough.
    """
    pattern = typed.strip().casefold()
    wild = "*" in pattern or "?" in pattern

    def fits(value: Any) -> bool:
        text = str(value).strip().casefold()
        if wild and fnmatch.fnmatchcase(text, pattern.replace("[", "[[]")):
            return True
        if text == pattern:
            return True
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            return False
        return any(fits(part) for part in value)

    return fits


def find_in_files(
    instances: Sequence[FileInstance],
    wanted: dict[str, Any],
    monitor: Monitor,
    *,
    lenient: bool = False,
) -> list[FileInstance]:
    """Return the instances whose files have all the wanted values."""
    tests: dict[int, Callable[[Any], bool]] = {}
    for name, value in wanted.items():
        tag = tag_of(name)
        if tag is None:
            return []
        tests[tag] = lenient_match(str(value)) if lenient else _equals(value)
    reader = FileValues(tuple(tests))
    found = []
    monitor.start("Searching in files", len(instances))
    for instance, values in zip(instances, reader.read_all(instances, monitor), strict=True):
        if all(tag in values and test(values[tag]) for tag, test in tests.items()):
            found.append(instance)
    return found


def _equals(wanted: Any) -> Callable[[Any], bool]:
    """Return a test for equality."""
    return lambda value: bool(value == wanted)


def values_in_records(columns: Columns, element: str | int) -> tuple[list[Any], list[int]]:
    """Return the different values of an element in first-met order, and their counts."""
    tag = tag_of(element)
    if tag is None:
        return [], []
    values, counts = columns.column(tag).counted
    return values[:], counts[:]


def values_in_files(
    instances: Sequence[FileInstance], elements: Sequence[str | int], monitor: Monitor
) -> dict[str | int, tuple[list[Any], list[int]]]:
    """Return the different values of elements in the files, and their counts."""
    tags = {element: tag_of(element) for element in elements}
    reader = FileValues([tag for tag in tags.values() if tag is not None])
    met: dict[str | int, list[tuple[Any, int]]] = {element: [] for element in elements}
    monitor.start("Reading values from files", len(instances))
    for values in reader.read_all(instances, monitor):
        for element, tag in tags.items():
            value = values.get(tag, _MISSING) if tag is not None else _MISSING
            if value is not _MISSING:
                met[element].append((value, 1))
    return {element: merged(pairs) for element, pairs in met.items()}


def warn_of_absent(values: dict[str | int, list[Any]], *, load: bool) -> None:
    """Warn of elements that no record has, as the reference API does."""
    absent = [element for element, found in values.items() if not found]
    if absent and not load:
        warn(
            "None of the records in the DICOMDIR dataset contain "
            f"{absent}, consider using the 'load' parameter "
            "to expand the search to the corresponding SOP instances"
        )
