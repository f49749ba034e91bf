"""The commands label and receipt, and their options for commands that make media."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.options import GivenPath, path_argument, salvage_option
from dicomdir_studio.cli.outcome import Exit, counted, say, tell
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.media.papers.label import label_pdf
from dicomdir_studio.media.papers.receipt import receipt_pdf
from dicomdir_studio.media.papers.sheet import SIZES, PaperFields
from dicomdir_studio.session.handing_over import label_of, refuse_taken, there_already

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dicomdir_studio.cli.options import Decorator
    from dicomdir_studio.media.papers.sheet import Paper

_PDF = GivenPath(dir_okay=False)


class _Field(click.ParamType[tuple[str, str]]):
    """A custom field, NAME=TEXT."""

    name = "field"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return name and text."""
        if isinstance(value, tuple):
            return value[0], value[1]
        name, sign, text = str(value).partition("=")
        if not sign or not name.strip():
            self.fail(f"{value!r} is not of the form NAME=TEXT", param, ctx)
        return name.strip(), text.strip()


field_option: Decorator = click.option(
    "--field",
    "fields",
    type=_Field(),
    multiple=True,
    metavar="NAME=TEXT",
    help="An additional line on the receipt; may be repeated.",
)


def _what_stands_there(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that determine what is printed on papers."""
    for option in (
        click.option("--paper", type=click.Choice(list(SIZES)), default="A4", show_default=True),
        click.option("--note", default="", help="A note on the cover and the receipt."),
        click.option("--recipient", default="", help="The recipient, on the receipt."),
        click.option("--address", default="", help="The institution's address, on the receipt."),
        click.option("--contact", default="", help="A contact for questions."),
        click.option("--institution", default="", help="The institution that hands it out."),
    ):
        command = option(command)
    return command


def paper_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of papers to a command that makes media."""
    command = _what_stands_there(command)
    command = click.option("--receipt", type=_PDF, help="Write a receipt to this PDF.")(command)
    return click.option("--label", type=_PDF, help="Write labels and covers to this PDF.")(command)


def save_paper(paper: Paper, path: Path) -> None:
    """Write a paper and print its path, with a warning of characters that no font has."""
    paper.save(path)
    say(f"Wrote {path}: {counted(paper.pages, 'page')}")
    if paper.missing:
        signs = " ".join(f"U+{ord(sign):04X}" for sign in paper.missing[:10])
        tell(
            f"warning: {path} has '?' for {counted(len(paper.missing), 'character')} that no "
            f"font of this system has ({signs}); install a font for them and create it again"
        )


def _fields(options: dict[str, Any]) -> PaperFields:
    """Return what is printed on a paper."""
    return PaperFields(
        options["institution"],
        options["address"],
        options["contact"],
        options["recipient"],
        options["note"],
        options.get("fields", ()),
        options["paper"],
    )


@click.command("label")
@path_argument
@click.argument("out", type=_PDF)
@_what_stands_there
@salvage_option
def label(path: Path, out: Path, **options: Any) -> int:
    """Create the label of the medium at PATH, with a cover sheet, as the PDF file OUT."""
    refuse_taken([out])
    file_set = loaded(path, salvage=options["salvage"])
    save_paper(label_pdf([label_of(file_set)], _fields(options)), out)
    return Exit.DONE


@click.command("receipt")
@path_argument
@click.argument("out", type=_PDF)
@_what_stands_there
@field_option
@salvage_option
def receipt(path: Path, out: Path, **options: Any) -> int:
    """Create a receipt for the medium at PATH as the PDF file OUT; all of its files are read."""
    refuse_taken([out])
    file_set = loaded(path, salvage=options["salvage"])
    handed = run_job(
        "Computing checksums", lambda monitor: there_already(file_set, path, monitor=monitor)
    )
    save_paper(receipt_pdf([handed], _fields(options)), out)
    say(f"SHA-256 of the manifest: {handed.manifest}")
    return Exit.DONE
