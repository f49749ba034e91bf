"""Search results and values as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import StudioError
from dicomdir_studio.session.safe_files import write_text_safely

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from dicomdir_studio.fileset import FileInstance
    from dicomdir_studio.monitor import Monitor

# What a list of instances shows unless other keywords are asked for.
DEFAULT_COLUMNS: Final = (
    "PatientID",
    "PatientName",
    "StudyDate",
    "StudyDescription",
    "Modality",
    "SeriesNumber",
    "InstanceNumber",
    "SOPClassUID",
    "SOPInstanceUID",
    "ReferencedFileID",
)
# These an instance knows itself; everything else is asked of its records.
_OF_INSTANCE: Final = frozenset({"SOPClassUID", "SOPInstanceUID", "TransferSyntaxUID", "path"})
_NUMBERS: Final = (int, float)


def plain(value: object) -> Any:
    """Return an element's value as JSON can hold it: text, number, None or a list of these."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, _NUMBERS):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, pydicom.multival.MultiValue | list | tuple):
        return [plain(one) for one in value]
    return str(value)


def value_of(instance: FileInstance, keyword: str) -> Any:
    """Return the value of `keyword` for `instance`, from its lowest record that has it, or None.

    ``path`` is known too. ``ReferencedFileID`` is the place on the medium with slashes, None
    for what is staged for addition and has none yet.
    """
    if keyword == "ReferencedFileID":
        return file_id_of(instance)
    if keyword in _OF_INSTANCE:
        value = getattr(instance, keyword)
        return None if value is None else str(value)
    leaf = instance.node
    values = (node.get(keyword) for node in (leaf, *leaf.ancestors))
    return next((value for value in values if value is not None), None)


def file_id_of(instance: FileInstance) -> str | None:
    """Return the File ID on the medium (PS3.10 8.2) with slashes, None if there is none yet."""
    file_id = instance.ReferencedFileID
    if file_id is None or isinstance(file_id, str):
        return file_id
    return "/".join(str(part) for part in file_id)


def result_rows(
    instances: Iterable[FileInstance],
    keywords: Sequence[str] = DEFAULT_COLUMNS,
    *,
    monitor: Monitor | None = None,
) -> list[dict[str, Any]]:
    """Return one mapping of keyword to plain value for each instance.

    Raises
    ------
    OperationCancelledError
        If the monitor says so.
    """
    rows = []
    if monitor is not None:
        monitor.start("Collecting results", unit="instances")
    for instance in instances:
        rows.append({keyword: plain(value_of(instance, keyword)) for keyword in keywords})
        if monitor is not None:
            monitor.check()
            monitor.advance()
    return rows


def value_rows(values: Mapping[str, Sequence[tuple[Any, int]]]) -> list[dict[str, Any]]:
    """Return one mapping of keyword, value and count for each value of each keyword."""
    return [
        {"keyword": keyword, "value": plain(value), "count": count}
        for keyword, counted in values.items()
        for value, count in counted
    ]


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return `rows` as a JSON array, one object a line."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n" if rows else "[]\n"


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return `rows` as CSV (RFC 4180) under a line of `columns`; many values joined as in DICOM."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: object) -> object:
    """Return a plain value as a cell; many values are joined by a backslash (PS3.5 6.4)."""
    if isinstance(value, list):
        return "\\".join("" if one is None else str(one) for one in value)
    return "" if value is None else value


def save_rows(
    path: str | os.PathLike[str], rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    """Save `rows` at `path`, as CSV or JSON by its suffix; CSV starts with a mark for UTF-8.

    Raises
    ------
    StudioError
        If the suffix is another one.
    StorageError
        If the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix == ".json":
        write_text_safely(target, as_json(rows))
    elif suffix == ".csv":
        # Spreadsheets take CSV for the system's old code page unless told.
        write_text_safely(target, "\N{BYTE ORDER MARK}" + as_csv(rows, columns))
    else:
        raise StudioError(
            "Results are saved as CSV or JSON",
            where=target,
            remedy="Give a name that ends in .csv or .json",
        )


def save_results(
    path: str | os.PathLike[str],
    instances: Iterable[FileInstance],
    keywords: Sequence[str] = DEFAULT_COLUMNS,
    *,
    monitor: Monitor | None = None,
) -> None:
    """Save found instances at `path`; see `save_rows` and `result_rows`."""
    save_rows(path, result_rows(instances, keywords, monitor=monitor), keywords)


def save_values(
    path: str | os.PathLike[str], values: Mapping[str, Sequence[tuple[Any, int]]]
) -> None:
    """Save values and their counts at `path`; see `save_rows`."""
    save_rows(path, value_rows(values), ("keyword", "value", "count"))
