"""The commands that only read: ls, find and values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import (
    GivenPath,
    json_option,
    load_option,
    salvage_option,
)
from dicomdir_studio.cli.outcome import Exit, clean, counted, say, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.session.export import (
    DEFAULT_COLUMNS,
    as_json,
    file_id_of,
    plain,
    result_rows,
    save_rows,
    value_rows,
)
from dicomdir_studio.session.query import QueryError, known_keyword, parse_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomdir_studio.fileset import FileInstance, RecordNode
    from dicomdir_studio.monitor import Monitor

_FOUND_COLUMNS = (
    "ReferencedFileID",
    "PatientID",
    "PatientName",
    "StudyDate",
    "Modality",
    "SOPInstanceUID",
)
# The keys that identify a record of each type to a reader, in this order.
_NAMING = (
    "PatientID",
    "PatientName",
    "StudyDate",
    "StudyDescription",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
    "ContentLabel",
    "RTPlanLabel",
    "StructureSetLabel",
    "DoseSummationType",
)


@click.command("ls")
@click.argument("path", type=GivenPath(), default=Path())
@click.option("--instances", is_flag=True, help="Also list each instance with its File ID.")
@json_option
@salvage_option
def list_records(path: Path, *, instances: bool, as_json: bool, salvage: bool) -> int:
    """Show the records of the File-set at PATH (default: here) as a tree."""
    file_set = loaded(path, salvage=salvage)
    if as_json:
        _print_rows(result_rows(file_set, DEFAULT_COLUMNS))
        return Exit.DONE
    say(f"File-set ID   {file_set.ID or '(none)'}")
    say(f"File-set UID  {file_set.UID}")
    say(f"Holds         {counted(len(file_set), 'instance')}")
    for line in _tree(file_set.tree, "", instances=instances):
        say(line)
    return Exit.DONE


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """Print rows as JSON."""
    click.echo(as_json(rows), nl=False)


def _tree(parent: RecordNode, indent: str, *, instances: bool) -> Iterator[str]:
    """Yield a line for each record below `parent`; leaves are counted unless requested."""
    leaves: dict[str, int] = {}
    for node in parent.children:
        if node.instance is None or node.children:
            yield f"{indent}{_title(node)}"
            yield from _tree(node, indent + "  ", instances=instances)
        elif instances:
            yield f"{indent}{_title(node)}  {file_id_of(node.instance)}"
        else:
            leaves[node.record_type] = leaves.get(node.record_type, 0) + 1
    for record_type, count in leaves.items():
        yield f"{indent}{record_type}  {counted(count, 'instance')}"


def _title(node: RecordNode) -> str:
    """Return the type of a record and the values that identify it."""
    values = (node.get(keyword) for keyword in _NAMING)
    named = [str(value) for value in values if value not in {None, ""}]
    return "  ".join([node.record_type, *named])


@click.command("find")
@click.argument("terms", metavar="[PATH] KEY=VALUE...", nargs=-1, required=True)
@click.option("--out", type=GivenPath(), help="Save as this .csv or .json file.")
@load_option
@json_option
@salvage_option
def find(
    terms: tuple[str, ...],
    *,
    out: Path | None,
    load: bool,
    as_json: bool,
    salvage: bool,
) -> int:
    """List the instances of the File-set at PATH (default: here) that match every KEY=VALUE.

    KEY is a keyword such as PatientID or a tag such as 0010,0020. Exits with 2 if nothing
    matches.
    """
    path, rest = _split_path(terms)
    query = parse_query(rest)
    if not query:
        raise QueryError("Nothing to search for", remedy="Give KEY=VALUE, such as Modality=CT")
    file_set = loaded(path, salvage=salvage)
    found = run_job("Searching", lambda monitor: file_set.search(query, load=load, monitor=monitor))
    columns = tuple(dict.fromkeys((*DEFAULT_COLUMNS, *query)))
    if out is not None:
        save_rows(out, result_rows(found, columns), columns)
        tell(f"{counted(len(found), 'instance')} saved in {out}")
    elif as_json:
        _print_rows(result_rows(found, columns))
    else:
        _print_found(found)
    return Exit.DONE if found else Exit.NOTHING


def _print_found(found: list[FileInstance]) -> None:
    """Print one line for each instance found, and their number on standard error."""
    for row in result_rows(found, _FOUND_COLUMNS):
        say("  ".join("-" if value in {None, ""} else str(value) for value in row.values()))
    tell(f"{counted(len(found), 'instance')} found")


def _split_path(words: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """Split ``[PATH] KEY=VALUE...`` into the path and the terms."""
    if words and ("=" not in words[0] or Path(words[0]).exists()):
        return Path(words[0]), words[1:]
    return Path(), words


@click.command("values")
@click.argument("keys", metavar="[PATH] KEY...", nargs=-1, required=True)
@click.option("--out", type=GivenPath(), help="Save as this .csv or .json file.")
@load_option
@json_option
@salvage_option
def values(
    keys: tuple[str, ...],
    *,
    out: Path | None,
    load: bool,
    as_json: bool,
    salvage: bool,
) -> int:
    """List the values of each KEY in the File-set at PATH (default: here), with counts."""
    path, keywords = _split_keys(keys)
    file_set = loaded(path, salvage=salvage)

    def count(monitor: Monitor) -> dict[str, list[tuple[Any, int]]]:
        return {
            keyword: file_set.count_values(keyword, load=load, monitor=monitor)
            for keyword in keywords
        }

    counts = run_job("Counting values", count)
    if out is not None:
        save_rows(out, value_rows(counts), ("keyword", "value", "count"))
        tell(f"Values saved in {out}")
    elif as_json:
        _print_rows(value_rows(counts))
    else:
        _print_values(counts)
    return Exit.DONE if any(counts.values()) else Exit.NOTHING


def _print_values(counts: dict[str, list[tuple[Any, int]]]) -> None:
    """Print each keyword and below it its values, counts first."""
    for keyword, counted_values in counts.items():
        say(keyword)
        for value, count in counted_values:
            click.echo(f"{count:>9,}  {clean(plain(value))}")


def _split_keys(words: tuple[str, ...]) -> tuple[Path, list[str]]:
    """Split ``[PATH] KEY...``: a first word that is not a keyword, or has a slash, is a path."""
    first = words[0]
    if os.sep in first or first in {".", ".."}:
        return Path(first), _keywords(words[1:])
    try:
        return Path(), _keywords(words)
    except QueryError:
        if not Path(first).exists():
            raise
        return Path(first), _keywords(words[1:])


def _keywords(words: tuple[str, ...]) -> list[str]:
    """Return the keywords, without repetitions."""
    if not words:
        raise QueryError("No keyword given", remedy="Give one such as Modality")
    return list(dict.fromkeys(known_keyword(word) for word in words))
