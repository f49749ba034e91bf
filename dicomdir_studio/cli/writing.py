"""The commands that write: create, add, remove, copy, manifest and recover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import (
    GivenPath,
    as_it_is_option,
    backup_option,
    dry_run_option,
    layout_option,
    missing_keys_option,
    path_argument,
    salvage_option,
    takes_as_it_is,
    verify_option,
)
from dicomdir_studio.cli.outcome import (
    Exit,
    counted,
    ending,
    say,
    sized,
    tell,
)
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.cli.staging import (
    MissingKeys,
    icons_option,
    on_conflict_option,
    stage_sources,
)
from dicomdir_studio.errors import FileSetError, StorageError
from dicomdir_studio.fileset import FileSet, Layout, Severity, save_manifest
from dicomdir_studio.fileset import restore_backup as put_backup_back
from dicomdir_studio.fileset.identity import CUT_OFF
from dicomdir_studio.session.no_directory import is_replaceable
from dicomdir_studio.session.opening import find_dicomdir
from dicomdir_studio.session.query import parse_query
from dicomdir_studio.session.recovering import recover_root, told
from dicomdir_studio.session.rescuing import copy_readable, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dicomdir_studio.fileset import Finding, WritePlan, WriteReceipt
    from dicomdir_studio.monitor import Monitor

sources_argument = click.argument("sources", nargs=-1, required=True, type=GivenPath())


@click.command("create")
@click.argument("out", type=GivenPath())
@sources_argument
@click.option("--id", "file_set_id", help="File-set ID: up to 16 of A-Z, 0-9 and underscore.")
@missing_keys_option
@on_conflict_option
@icons_option
@layout_option(Layout.STANDARD)
@dry_run_option
@verify_option
def create(
    out: Path,
    sources: tuple[Path, ...],
    *,
    file_set_id: str | None,
    missing_keys: MissingKeys,
    layout: Layout,
    dry_run: bool,
    verify: bool,
) -> int:
    """Create a File-set in the folder OUT from the files and folders SOURCE...

    Every file is copied unchanged under a name that the Standard allows. With --keep-layout
    those already in OUT stay where they are if their names are valid.
    """
    if out.exists() and not out.is_dir():
        raise StorageError(
            "There is a file of that name", where=out, remedy="Name a folder for the File-set"
        )
    _tidy_up(out, dry_run=dry_run)
    there = find_dicomdir(out) if out.exists() else None
    if there is not None and not is_replaceable(there):
        raise FileSetError(
            "There is a File-set already",
            where=out,
            remedy="Use add to add to it, or name another folder",
        )
    file_set = FileSet()
    if file_set_id is not None:
        file_set.edit_properties(ID=file_set_id)
    added, undone = stage_sources(file_set, sources, missing_keys)
    if not added:
        tell("Nothing to write: no file could be added")
        return Exit.NOTHING
    plan = file_set.plan(out, layout=layout)
    return carry_out(
        file_set, plan, dry_run=dry_run, verify=verify, otherwise=ending(added, undone)
    )


@click.command("add")
@path_argument
@sources_argument
@missing_keys_option
@on_conflict_option
@icons_option
@layout_option(Layout.KEEP)
@dry_run_option
@verify_option
@backup_option
@as_it_is_option
@salvage_option
def add(
    path: Path,
    sources: tuple[Path, ...],
    *,
    missing_keys: MissingKeys,
    layout: Layout,
    dry_run: bool,
    verify: bool,
    backup: bool,
    salvage: bool,
) -> int:
    """Add the files and folders SOURCE... to the File-set at PATH.

    A DICOMDIR among the sources stands for the files that it references.
    """
    file_set = loaded(path, salvage=salvage)
    added, undone = stage_sources(file_set, sources, missing_keys)
    if not added:
        tell("Nothing to write: no file could be added")
        return Exit.NOTHING
    plan = _planned(
        lambda monitor: file_set.plan(layout=layout, backup=backup, compare=True, monitor=monitor)
    )
    if holds_back(plan.findings):
        return Exit.NOTHING
    return carry_out(
        file_set, plan, dry_run=dry_run, verify=verify, otherwise=ending(added, undone)
    )


@click.command("remove")
@path_argument
@click.argument("terms", metavar="KEY=VALUE...", nargs=-1, required=True)
@layout_option(Layout.KEEP)
@dry_run_option
@verify_option
@backup_option
@as_it_is_option
@salvage_option
def remove(
    path: Path,
    terms: tuple[str, ...],
    *,
    layout: Layout,
    dry_run: bool,
    verify: bool,
    backup: bool,
    salvage: bool,
) -> int:
    """Remove the instances that match every KEY=VALUE, and their files, from the File-set at PATH.

    Preview the result with --dry-run, or with find and the same terms.
    """
    query = parse_query(terms)
    file_set = loaded(path, salvage=salvage)
    found = run_job("Searching", lambda monitor: file_set.search(query, monitor=monitor))
    if not found:
        tell("Nothing to remove: no instance matches")
        return Exit.NOTHING
    file_set.stage_removal(found)
    plan = _planned(
        lambda monitor: file_set.plan(layout=layout, backup=backup, compare=True, monitor=monitor)
    )
    if holds_back(plan.findings):
        return Exit.NOTHING
    return carry_out(file_set, plan, dry_run=dry_run, verify=verify, otherwise=Exit.DONE)


@click.command("copy")
@path_argument
@click.argument("out", type=GivenPath())
@layout_option(Layout.KEEP)
@dry_run_option
@verify_option
@as_it_is_option
@salvage_option
def copy(
    path: Path,
    out: Path,
    *,
    layout: Layout,
    dry_run: bool,
    verify: bool,
    salvage: bool,
) -> int:
    """Copy the File-set at PATH to the folder OUT.

    Instances whose file is missing, or cannot be read after several tries, are left out and
    listed. Files that are cut off are copied as they are, and listed.
    """
    file_set = loaded(path, salvage=salvage)
    _tidy_up(out, dry_run=dry_run)
    unread = run_job("Reading", lambda monitor: unreadable(file_set, monitor=monitor))
    plan = _planned(
        lambda monitor: file_set.plan_copy(
            out, layout=layout, compare=True, monitor=monitor, without=unread
        )
    )
    if holds_back(plan.findings):
        return Exit.NOTHING
    lost: list[object] = [*file_set.missing, *taken_cut_off(plan.findings)]
    if dry_run or plan.problems:
        end = ending(len(file_set), [*lost, *unread])
        return carry_out(file_set, plan, dry_run=dry_run, verify=verify, otherwise=end)
    rescue = run_job(
        "Writing",
        lambda monitor: copy_readable(
            file_set, plan, unread, layout=layout, verify=verify, monitor=monitor
        ),
    )
    for error in rescue.unread.values():
        tell(f"not copied: {error}")
    end = ending(rescue.plan.instance_count, [*lost, *rescue.unread])
    return tell_written(rescue.plan, rescue.receipt, end, verify=verify)


def _planned(make: Callable[[Monitor], WritePlan]) -> WritePlan:
    """Make a plan as a job, since comparing files with their records is slow on a disc."""
    return run_job("Comparing files", make)


def holds_back(findings: Sequence[Finding]) -> bool:
    """List files that do not match their records; return whether they stop the write.

    Files that are cut off are listed too, but do not stop it: damaged media need to be copied.
    """
    for finding in findings:
        tell(finding)
    wrong = [one for one in findings if one.severity is Severity.ERROR and one.brief != CUT_OFF]
    if not wrong or takes_as_it_is():
        return False
    tell(
        f"Nothing written: {counted(len(wrong), 'file')} would be copied under a record of "
        "something else. Remove these instances first, or use --as-it-is"
    )
    return True


def taken_cut_off(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of files that are cut off, unless --as-it-is was given."""
    return [one for one in findings if one.brief == CUT_OFF and not takes_as_it_is()]


def carry_out(
    file_set: FileSet, plan: WritePlan, *, dry_run: bool, verify: bool, otherwise: Exit
) -> int:
    """Execute a plan, or print it; return `otherwise` unless it cannot be executed."""
    if dry_run:
        print_plan(plan)
    for problem in plan.problems:
        tell(f"problem: {problem}")
    if plan.problems:
        return Exit.NOTHING
    if dry_run:
        return otherwise
    receipt = run_job(
        "Writing", lambda monitor: file_set.execute(plan, monitor=monitor, verify=verify)
    )
    return tell_written(plan, receipt, otherwise, verify=verify)


def tell_written(plan: WritePlan, receipt: WriteReceipt, otherwise: Exit, *, verify: bool) -> Exit:
    """Print what was written; return the exit code."""
    say(
        f"Wrote {plan.root}: {counted(plan.instance_count, 'instance')}, "
        f"{counted(receipt.files, 'file')} copied ({sized(receipt.bytes)}), "
        f"{counted(len(plan.removals), 'file')} removed"
        + (", verified" if receipt.verified else "")
    )
    if verify and not receipt.verified:
        tell("Cancelled during verification: everything is written, but not verified")
        return Exit.PARTLY
    return otherwise


def _tidy_up(out: Path, *, dry_run: bool) -> None:
    """Finish or undo an interrupted write in the target folder."""
    if dry_run or not out.is_dir():
        return
    report = run_job("Recovering", lambda monitor: recover_root(out, monitor=monitor))
    for line in told(report) if report is not None else ():
        tell(line)


def print_plan(plan: WritePlan) -> None:
    """Print what a plan would do, one line for each file."""
    say(f"Plan for {plan.root}")
    for source, file_id, size in (*plan.copies, *plan.additions):
        say(f"  copy    {source} -> {file_id} ({sized(size)})")
    for file_id in plan.in_place:
        say(f"  keep    {file_id}")
    for old, new in plan.renames:
        say(f"  rename  {old} -> {new}")
    for file_id in plan.removals:
        say(f"  remove  {file_id}")
    for what in plan.left_out:
        say(f"  without {what}")
    for note in plan.notes:
        say(f"  note    {note}")
    instances = counted(plan.instance_count, "instance")
    free = "unknown" if plan.free_space is None else sized(plan.free_space)
    say(f"  write   DICOMDIR for {instances} ({sized(plan.dicomdir_size)})")
    say(f"  {sized(plan.bytes_to_write)} to write, {free} free")


@click.command("manifest")
@path_argument
@click.argument("out", type=GivenPath(dir_okay=False))
def manifest(path: Path, out: Path) -> int:
    """Write the SHA-256 of all files of the File-set at PATH to OUT, for sha256sum -c."""
    file_set = loaded(path, salvage=False)
    digests = run_job(
        "Computing checksums", lambda monitor: save_manifest(file_set, out, monitor=monitor)
    )
    root = file_set.path if file_set.opened_from is None else f"a copy of {file_set.opened_from}"
    say(f"Wrote {out}: {counted(len(digests), 'file')}; run sha256sum -c in {root}")
    return Exit.PARTLY if file_set.missing else Exit.DONE


@click.command("recover")
@path_argument
@click.option(
    "--restore-backup", is_flag=True, help="Put the kept DICOMDIR.BAK back as the DICOMDIR."
)
def recover(path: Path, *, restore_backup: bool) -> int:
    """Finish or undo an interrupted write in the File-set at PATH, and print which.

    Exits with 1 if files that the DICOMDIR references are missing.
    """
    report = run_job("Recovering", lambda monitor: recover_root(path, monitor=monitor))
    if report is not None:
        for line in told(report):
            say(line)
    if restore_backup:
        gone = put_backup_back(path if path.is_dir() else path.parent)
        say("The previous DICOMDIR was restored")
        for name in gone:
            tell(f"missing: {name}, which it references")
        return Exit.PARTLY if gone else Exit.DONE
    file_set = loaded(path, salvage=False)
    instances = counted(len(file_set), "instance")
    if file_set.missing:
        say(f"{path} is incomplete: {instances}, {counted(len(file_set.missing), 'file')} missing")
        return Exit.PARTLY
    say(f"{path} is complete: {instances}")
    return Exit.DONE
