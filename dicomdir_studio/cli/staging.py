"""Adding on the command line: what is added, what is refused, and questions about conflicts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from dicomdir_studio.cli.outcome import clean, counted, list_refused, say, sized, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.fileset import Answer, Severity
from dicomdir_studio.session.adding import add_sources
from dicomdir_studio.session.deciding import decide
from dicomdir_studio.standard.icons import ICON_RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dicomdir_studio.fileset import Conflict, FileSet
    from dicomdir_studio.session.adding import Addition
    from dicomdir_studio.session.icons import IconOptions, IconReport

MissingKeys = Literal["fill", "refuse"]

_POLICY = f"{__name__}.policy"
_ICONS = f"{__name__}.icons"
_ASK: Final = "ask"
_WORDS: Final = {
    Answer.KEEP: "keep both",
    Answer.LEAVE_OUT: "leave the new out",
    Answer.REPLACE: "put the new in place of the old",
}
_MOST_NAMED: Final = 5
_SIDE: Final = ICON_RULES.reader_minimum


def _keep_policy(context: click.Context, _option: click.Parameter, value: str) -> None:
    """Store the option that resolves conflicts."""
    context.meta[_POLICY] = value


def on_conflict_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that resolves conflicts."""
    return click.option(
        "--on-conflict",
        type=click.Choice([_ASK, *(str(answer.value) for answer in Answer)]),
        default=_ASK,
        show_default=True,
        expose_value=False,
        callback=_keep_policy,
        help="How to resolve conflicts (one UID with two contents, one Patient ID with two "
        "names, ...): ask on a terminal, elsewhere keep both if possible; or always keep both, "
        "leave out the new file, or replace the old one.",
    )(command)


def icons_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that requests icons."""
    return click.option(
        "--icons",
        is_flag=True,
        expose_value=False,
        callback=_keep_wish,
        help=f"Make icons of {_SIDE} by {_SIDE} pixels for images and series that are added.",
    )(command)


def _keep_wish(context: click.Context, _option: click.Parameter, value: bool) -> None:
    """Store the option that requests icons."""
    context.meta[_ICONS] = value


def make_icons(file_set: FileSet, options: IconOptions | None = None) -> IconReport:
    """Make icons of added instances, or of all if options are given, and print the result."""
    # What decodes pixels is costly to import, and most additions are made without icons.
    from dicomdir_studio.session.icons import add_icons  # noqa: PLC0415

    among = file_set.staged_additions if options is None else None
    report = run_job(
        "Making icons", lambda monitor: add_icons(file_set, among, options, monitor=monitor)
    )
    # An image may stand for its series too, and is one file for all that.
    for line in dict.fromkeys(f"{path}: {one.why or one.what}" for path, one in report.refused):
        tell(f"no icon: {line}")
    if report.beyond:
        tell(f"no icon: {counted(report.beyond, 'record')}, beyond the budget of bytes")
    say(f"{counted(len(report.records), 'icon')} made ({sized(report.bytes)})")
    return report


def stage_sources(
    file_set: FileSet, sources: tuple[Path, ...], missing_keys: MissingKeys
) -> tuple[int, list[object]]:
    """Stage the sources, resolve conflicts and print what was refused.

    Returns
    -------
    int
        How many instances were staged.
    list
        What was not done: files refused or left out, unresolved conflicts, errors found.
    """
    addition = run_job(
        "Adding files",
        lambda monitor: add_sources(file_set, sources, missing_keys=missing_keys, monitor=monitor),
    )
    for finding in addition.report.findings:
        tell(finding)
    addition, decided = _decided(file_set, addition, missing_keys)
    for path in addition.left_out:
        tell(f"left out: {path}")
    list_refused(addition.refused)
    if not (addition.staged or addition.refused or addition.left_out):
        tell(f"There are no files in {', '.join(map(str, sources))}")
    told = {conflict.what for conflict in decided}
    errors = [
        finding
        for finding in addition.report.findings
        if finding.severity is Severity.ERROR and finding.what not in told
    ]
    if addition.staged and click.get_current_context().meta[_ICONS]:
        make_icons(file_set)
    return addition.staged, [*addition.refused, *addition.left_out, *errors]


def _decided(
    file_set: FileSet, addition: Addition, missing_keys: MissingKeys
) -> tuple[Addition, list[Conflict]]:
    """Resolve conflicts; return the resulting addition, and the conflicts resolved."""
    conflicts = addition.report.conflicts
    policy = click.get_current_context().meta[_POLICY]
    if not conflicts:
        return addition, []
    if policy != _ASK:
        wanted = Answer(policy)
        answers = [(one, wanted) for one in conflicts if wanted in one.answers]
    elif _is_terminal():
        answers = _asked(conflicts)
    else:
        tell(f"{counted(len(conflicts), 'conflict')} not resolved; see --on-conflict")
        return addition, []
    done = run_job(
        "Carrying out the decisions",
        lambda monitor: decide(
            file_set, addition, answers, missing_keys=missing_keys, monitor=monitor
        ),
    )
    return done, [conflict for conflict, _ in answers]


def _is_terminal() -> bool:
    """Return whether questions can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(conflicts: list[Conflict]) -> list[tuple[Conflict, Answer]]:
    """Ask about each conflict; a capital letter answers all further ones of its kind."""
    answers: list[tuple[Conflict, Answer]] = []
    always: dict[str, Answer] = {}
    for conflict in conflicts:
        answer = always.get(conflict.kind)
        if answer is None:
            answer, further = _ask(conflict)
            if further:
                always[conflict.kind] = answer
        answers.append((conflict, answer))
    return answers


def _ask(conflict: Conflict) -> tuple[Answer, bool]:
    """Ask about one conflict; return the answer, and whether it applies to all further ones."""
    tell("")
    tell(f"conflict: {conflict.what}")
    known = conflict.known_instance
    if known is not None:
        tell(f"  there: {known.origin}")
    for path in conflict.files[:_MOST_NAMED]:
        tell(f"  new:   {path}")
    if len(conflict.files) > _MOST_NAMED:
        tell(f"  ... and {len(conflict.files) - _MOST_NAMED} more")
    letters = {answer[0]: answer for answer in conflict.answers}
    choices = ", ".join(f"[{letter}] {_WORDS[answer]}" for letter, answer in letters.items())
    while True:
        typed = click.prompt(
            f"{clean(choices)} (a capital letter applies to all further ones)",
            default=conflict.answers[0][0],
            err=True,
        ).strip()
        if typed[:1].lower() in letters:
            return letters[typed[0].lower()], typed[0].isupper()
