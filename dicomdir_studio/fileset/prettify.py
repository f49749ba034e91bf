"""The tree of records as text, in the form that the reference API gives it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dicomdir_studio.fileset.contents import FileSetContents
    from dicomdir_studio.fileset.record_node import RecordNode

# Record type: what is always shown, and what only if it has a value, with its quoting.
_SHOWN: Final = {
    "PATIENT": ((("PatientID", "'{}'"), ("PatientName", "'{}'")), ()),
    "STUDY": ((("StudyDate", "{}"), ("StudyTime", "{}")), (("StudyDescription", "'{}'"),)),
    "SERIES": ((("Modality", "{}"), ("SeriesNumber", "{}")), (("SeriesDescription", "'{}'"),)),
    "IMAGE": ((("InstanceNumber", "{}"),), ()),
}


def summary(record: RecordNode) -> str:
    """Return the type of a record with the values that tell it from others."""
    if record.is_root:
        return "ROOT"
    kind = record.record_type
    if kind not in _SHOWN:
        return f"{kind}: {record.key}"
    always, optional = _SHOWN[kind]
    parts = [f"{keyword}={form.format(record.get(keyword))}" for keyword, form in always]
    for keyword, form in optional:
        value = record.get(keyword)
        if value:
            parts.append(f"{keyword}={form.format(value)}")
    return f"{kind}: {', '.join(parts)}"


def pretty_lines(top: RecordNode, indent_char: str) -> list[str]:
    """Return the tree below `top` as lines, leaves of a kind counted together."""
    lines: list[str] = []
    stack = [(top, -1 if top.is_root else top.depth)]
    while stack:
        record, depth = stack.pop()
        children = record.children
        if not record.is_root:
            lines.extend(_lines_of(record, children, depth, indent_char))
        if any(child.children for child in children) or record.is_root:
            stack.extend((child, depth + 1) for child in reversed(children))
    return lines


def _lines_of(
    record: RecordNode, children: list[RecordNode], depth: int, indent_char: str
) -> list[str]:
    """Return the line of one record and the summary of the leaves right below it."""
    indent = indent_char * depth
    if children:
        lines = [f"{indent}{record}"]
        first = next((child for child in children if child.has_instance), None)
        if first is not None and not first.children:
            lines += _leaf_lines(record, indent_char * (depth + 1))
        return lines
    if depth == 0 and record.instance is not None:
        line = f"{indent}{record.record_type}: 1 SOP Instance"
        if record.instance.for_addition:
            line += " (to be added)"
        elif record.instance.for_removal:
            line += " (to be removed)"
        return [line]
    return []


def _leaf_lines(parent: RecordNode, indent: str) -> list[str]:
    """Return a line for each record type among the instances below `parent`."""
    total: Counter[str] = Counter()
    added: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for record in parent:
        if record.instance is None:
            continue
        kind = record.record_type
        total[kind] += 1
        added[kind] += record.instance.for_addition
        removed[kind] += record.instance.for_removal
    return [
        f"{indent}{kind}: {_counted(total[kind] - removed[kind], 'SOP Instance')}"
        f"{_changes(total[kind] - added[kind], added[kind], removed[kind])}"
        for kind in sorted(total)
    ]


def _changes(initial: int, added: int, removed: int) -> str:
    """Return what is staged among leaves of a kind, in parentheses."""
    parts = []
    if (added or removed) and initial:
        parts.append(f"{initial} initial")
    if added:
        parts.append(_counted(added, "addition"))
    if removed:
        parts.append(_counted(removed, "removal"))
    return f" ({', '.join(parts)})" if parts else ""


def _counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def described(file_set: FileSetContents) -> str:
    """Return what a File-set is, what is staged, and its tree."""
    absent = "(no value available)"
    lines = [
        "DICOM File-set",
        f"  Root directory: {file_set.path or absent}",
        f"  File-set ID: {file_set.ID or absent}",
        f"  File-set UID: {file_set.UID}",
        f"  Descriptor file ID: {file_set.descriptor_file_id or absent}",
        f"  Descriptor file character set: {file_set.descriptor_character_set or absent}",
    ]
    if file_set.is_staged:
        lines.append(f"  Changes staged for write(): {', '.join(_staged(file_set))}")
    if file_set.tree.children:
        lines.append("\n  Managed instances:")
        lines.extend(f"    {line}" for line in file_set.tree.prettify())
    return "\n".join(lines)


def _staged(file_set: FileSetContents) -> list[str]:
    """Return what is staged, in the words of the reference API."""
    parts = ["DICOMDIR creation" if file_set._is_new else "DICOMDIR update"]
    if file_set._is_moving:
        parts.append("directory structure update")
    additions, removals = len(file_set.staged_additions), len(file_set.staged_removals)
    if additions:
        parts.append(_counted(additions, "addition"))
    if removals:
        parts.append(_counted(removals, "removal"))
    return parts
