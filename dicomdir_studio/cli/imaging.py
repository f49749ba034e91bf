"""The image command: from a File-set to finished media."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from dicomdir_studio.cli.discs import DiscDrive, disc_options, drive_at
from dicomdir_studio.cli.loading import loaded
from dicomdir_studio.cli.lossy import LossyWish
from dicomdir_studio.cli.options import (
    GivenPath,
    as_it_is_option,
    dry_run_option,
    layout_option,
    path_argument,
    salvage_option,
    verify_option,
)
from dicomdir_studio.cli.outcome import Exit, counted, ending, say, sized, tell
from dicomdir_studio.cli.papers import field_option, paper_options, save_paper
from dicomdir_studio.cli.passwords import asked, password_from
from dicomdir_studio.cli.profiling import ProfileName, obstacle_line
from dicomdir_studio.cli.progress import run_job
from dicomdir_studio.cli.sticks import eject_stick, next_stick, on_stick, stick_options
from dicomdir_studio.cli.writing import holds_back, taken_cut_off
from dicomdir_studio.errors import StudioError
from dicomdir_studio.fileset import Layout
from dicomdir_studio.media.contents import contents_of
from dicomdir_studio.media.folders import ExtraFolder
from dicomdir_studio.media.orders import Target
from dicomdir_studio.media.papers.label import label_pdf
from dicomdir_studio.media.papers.receipt import receipt_pdf
from dicomdir_studio.media.producing import ProfileNotMetError, check_outputs, prepare, write_medium
from dicomdir_studio.media.sizes import capacity_of
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.session.handing_over import handed_over, labels_of, paper_path, refuse_taken
from dicomdir_studio.session.preset_store import PresetStore, read_preset
from dicomdir_studio.session.presets import (
    Preset,
    PresetError,
    PresetTarget,
    contradictions,
    other_disc,
)
from dicomdir_studio.standard.media import DISCS

if TYPE_CHECKING:
    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.media.producing import Production
    from dicomdir_studio.media.targets import MediumReceipt

_MOST_SERIES: Final = 40
_TARGETS: Final = {
    Target.FOLDER: PresetTarget.FOLDER,
    Target.ZIP: PresetTarget.ZIP,
    Target.ISO: PresetTarget.ISO,
}
# Options that override a value of the preset, and the names of these values.
_PRESET_VALUES: Final = {
    "profile": "profile",
    "medium": "medium",
    "layout": "layout",
    "is_spanned": "is_spanned",
    "verify": "verified",
    "joliet": "joliet",
    "udf": "udf",
    "udf_only": "udf_only",
    "deflate": "deflate",
    "encrypt": "is_encrypted",
    "autorun": "has_autorun",
    "institution": "institution",
    "contact": "contact",
    "address": "address",
    "note": "note",
    "paper": "paper",
}


class _Medium(click.ParamType[str]):
    """A kind of disc, or a size."""

    name = "medium"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of the medium if it is valid."""
        try:
            capacity_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class _Revision(click.ParamType[Revision]):
    """A revision of UDF."""

    name = "revision"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Revision:
        """Return the revision if it can be written."""
        try:
            return Revision(value)
        except ValueError:
            self.fail(f"not one of {', '.join(one.value for one in Revision)}", param, ctx)


def _folders(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> tuple[ExtraFolder, ...]:
    """Return the additional folders, each given as PATH or PATH=NAME."""
    parts = (value.rpartition("=") for value in values)
    return tuple(ExtraFolder(path or name, name if path else "") for path, _, name in parts)


@dataclass(frozen=True)
class _Job:
    """What one run of the command is to make.

    `label` and `receipt` are the paths of papers, None for no such paper; `drive` burns discs.
    """

    preset: Preset
    order: Order
    label: Path | None
    receipt: Path | None
    recipient: str
    is_ejected: bool
    drive: DiscDrive | None = None


@click.command("image")
@path_argument
@click.argument("out", type=GivenPath())
@click.option(
    "--preset", metavar="NAME|FILE", help="Use this preset; other options take precedence."
)
@click.option("--profile", type=ProfileName(), help="Conform to this profile (PS3.11).")
@click.option(
    "--medium",
    type=_Medium(),
    help=f"Fit on a medium: {', '.join(DISCS)}, or a size such as 32GB.",
)
@click.option("--span", "is_spanned", is_flag=True, help="Divide over several media if necessary.")
@click.option("--pdi", is_flag=True, help="Add README.TXT and web pages (IHE PDI).")
@click.option("--no-pages", is_flag=True, help="Add README.TXT alone, without web pages.")
@click.option(
    "--folder",
    "folders",
    callback=_folders,
    multiple=True,
    metavar="PATH[=NAME]",
    help="Add another folder, such as a viewer; may be repeated.",
)
@click.option("--autorun", is_flag=True, help="Put that folder's AUTORUN.INF in the root.")
@click.option("--joliet", is_flag=True, help="Add Joliet to an image.")
@click.option("--udf", is_flag=True, help="Add UDF to an image (DVD profiles always have it).")
@click.option(
    "--udf-only",
    type=_Revision(),
    help="Make an image with UDF alone, of this revision; BD and DVD-RAM profiles always do.",
)
@click.option("--deflate", is_flag=True, help="Compress a ZIP file.")
@click.option("--encrypt", is_flag=True, help="Encrypt a ZIP file (AES-256); asks for a password.")
@click.option(
    "--encrypt-with",
    type=GivenPath(dir_okay=False),
    help="Encrypt with the password in the first line of this file.",
)
@click.option(
    "--lossy",
    type=LossyWish(),
    help="Compress all images lossily, as new instances: jpeg:QUALITY or j2k:RATIO.",
)
@stick_options
@disc_options
@paper_options
@field_option
@layout_option(Layout.STANDARD)
@dry_run_option
@verify_option
@salvage_option
@as_it_is_option
def image(path: Path, out: Path, **options: Any) -> int:
    """Make media from the File-set at PATH: OUT.iso, OUT.zip, or the folder, stick or drive OUT.

    With --span the media are OUT_1OF3.iso and so on, each a complete File-set. If OUT is a
    drive (/dev/sr0), discs are burned; further ones are requested by name. Instances whose
    file is missing are left out and listed; files that are cut off are listed.
    """
    with tempfile.TemporaryDirectory(prefix="dicomdir-studio-") as scratch:
        return _made(path, out, scratch, options)


def _made(path: Path, out: Path, scratch: str, options: dict[str, Any]) -> int:
    """Make the media; `scratch` holds copies, pictures and disc images meanwhile."""
    job = _job(out, scratch, options)
    refuse_taken((paper for paper in (job.label, job.receipt) if paper is not None), out)
    file_set = loaded(path, salvage=options["salvage"])

    def is_sound(order: Order) -> bool:
        with tempfile.TemporaryDirectory(prefix="dicomdir-studio-") as tried:
            return not holds_back(_prepared(file_set, order, tried).span.plans[0].findings)

    order = on_stick(job.order, file_set, options, is_sound)
    if order is None:
        return Exit.NOTHING
    job = replace(job, order=order)
    production = _prepared(file_set, job.order, scratch)
    findings = production.span.plans[0].findings
    if holds_back(findings):
        return Exit.NOTHING
    _say_what(production, job)
    if not options["dry_run"] and not _write_all(production, job, scratch):
        return Exit.PARTLY
    return ending(len(file_set), [*file_set.missing, *taken_cut_off(findings)])


def _prepared(file_set: Any, order: Order, scratch: str) -> Production:
    """Prepare the media as a job; list everything that prevents a profile."""
    try:
        return run_job(
            "Preparing", lambda monitor: prepare(file_set, order, scratch, monitor=monitor)
        )
    except ProfileNotMetError as error:
        for obstacle in error.fit.obstacles:
            tell(obstacle_line(obstacle))
        raise


def _job(out: Path, scratch: str, options: dict[str, Any]) -> _Job:
    """Return what to make: the preset, overridden by the options that were given."""
    drive = drive_at(out, options)
    if drive is not None:
        out = Path(scratch, "disc.iso")
    elif options["copies"] > 1 or options["blanked"]:
        raise click.UsageError("--copies and --blank are for discs: OUT is no drive")
    preset = _changed(_preset(options["preset"], out), options)
    if problems := contradictions(preset):
        raise click.UsageError("; ".join(problems))
    order = preset.order(str(out), password=_password(preset, out, options))
    order = replace(order, lossy=options["lossy"])
    # Disc images are temporary, but papers are kept: in the working folder.
    beside = order.out if drive is None else out.name
    label, receipt = options["label"], options["receipt"]
    return _Job(
        preset,
        order,
        label or (paper_path(beside, "label") if preset.has_label else None),
        receipt or (paper_path(beside, "receipt") if preset.has_receipt else None),
        options["recipient"],
        options["eject"],
        drive,
    )


def _changed(preset: Preset, options: dict[str, Any]) -> Preset:
    """Return the preset with the values of the options that were given."""
    context = click.get_current_context()
    given = {
        target: options[name]
        for name, target in _PRESET_VALUES.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    if options["encrypt_with"]:
        given["is_encrypted"] = True
    if options["pdi"]:
        given |= {"has_readme": True, "has_pages": True}
    if options["no_pages"]:
        given["has_pages"] = False
    if options["folders"]:
        given["folders"] = (*preset.folders, *options["folders"])
    if options["fields"]:
        given["fields"] = (*preset.fields, *options["fields"])
    return replace(preset, **given)


def _preset(name: str | None, out: Path) -> Preset:
    """Return the named preset, or one with default values."""
    if name is None:
        return Preset("these options", target=_TARGETS[Target.of(out)], verified=False)
    if Path(name).suffix.lower() == ".json":
        return read_preset(Path(name))
    store = PresetStore()
    try:
        return store.get(name)
    except PresetError:
        if store.fault is not None:
            raise store.fault from None
        raise


def _password(preset: Preset, out: Path, options: dict[str, Any]) -> str | None:
    """Return the password to encrypt with, if it is needed."""
    if not preset.is_encrypted:
        return None
    if options["encrypt_with"] is not None:
        return password_from(options["encrypt_with"])
    if options["dry_run"]:
        return "none is needed to plan"
    return asked(f"Password for {out}", "--encrypt-with", twice=True)


def _write_all(production: Production, job: _Job, scratch: str) -> bool:
    """Write the media one by one; return whether all were written.

    Raises
    ------
    StudioError
        If none was written.
    """
    if job.drive is None:
        check_outputs(production)
    else:
        job.drive.check(production, scratch)
    if job.label is not None:
        save_paper(label_pdf(labels_of(production), job.preset.paper_fields()), job.label)
    receipts: list[MediumReceipt] = []
    try:
        for plan, path in production.outputs():
            receipts.append(_write_next(plan, path, production.order, job))
    except (StudioError, click.Abort) as error:
        if not receipts:
            raise
        tell(f"error: {error}" if isinstance(error, StudioError) else "Stopped")
        written = f"{len(receipts)} of {len(production.span.plans)} media"
        tell(f"{written} were written and are complete; the others were not")
    if job.receipt is not None:
        fields = job.preset.paper_fields(job.recipient)
        save_paper(receipt_pdf(handed_over(production, receipts), fields), job.receipt)
    if job.preset.target is PresetTarget.DISC and job.drive is None:
        images = " ".join(receipt.path for receipt in receipts)
        say(f"To burn: dicomdir-studio burn {images} --verify")
    return len(receipts) == len(production.span.plans)


def _write_next(plan: MediumPlan, path: str, order: Order, job: _Job) -> MediumReceipt:
    """Write one medium of a set; sticks and discs are requested one after the other."""
    if job.drive is not None:
        receipt = job.drive.burn(plan, path, order, is_first=plan.number == 1)
        _say_written(plan, receipt)
        return receipt
    if order.stick is not None and plan.number > 1:
        order = next_stick(order, plan.number, plan.of)
    receipt = _write_one(plan, path, order)
    _say_written(plan, receipt)
    if order.stick is not None and (job.is_ejected or plan.of > 1):
        eject_stick(order.stick)
    return receipt


def _write_one(plan: MediumPlan, path: str, order: Order) -> MediumReceipt:
    """Write one medium as a job."""
    return run_job("Writing", lambda monitor: write_medium(plan, path, order, monitor=monitor))


def _say_written(plan: MediumPlan, receipt: MediumReceipt) -> None:
    """Print what was written, by patient and series."""
    checked = ", verified byte by byte" if receipt.verified else ""
    files = counted(receipt.files, "file")
    say(f"Wrote {receipt.path}: {files}, {sized(receipt.bytes)}{checked}")
    lines = []
    for patient in contents_of(plan).patients:
        name = patient.name or "Name not stated"
        lines.append(f"  {name} ({patient.details}): {counted(patient.instances, 'instance')}")
        lines += [
            f"    {study.date or 'no date'}  {study.description or '-'}  {series.title}: "
            f"{counted(series.instances, 'instance')}"
            for study in patient.studies
            for series in study.series
        ]
    for line in lines[:_MOST_SERIES]:
        say(line)
    if len(lines) > _MOST_SERIES:
        say(f"  ... and {len(lines) - _MOST_SERIES} more lines; --receipt lists all of them")


def _say_what(production: Production, job: _Job) -> None:
    """Print what will be made, with warnings of anything unexpected."""
    for place, (plan, path) in enumerate(production.outputs()):
        instances = counted(len(plan.files), "instance")
        where = path if job.drive is None else f"Disc {plan.number} of {plan.of}"
        say(f"{where}: {instances}, {sized(production.bytes_of(plan))}, {plan.file_set_id or '-'}")
        if production.labels[place]:
            say(f"  label: {' | '.join(production.labels[place])}")
    if other := other_disc(job.preset):
        tell(f"warning: {other}")
    for uid in production.span.divided_studies:
        tell(f"note: the study {uid} is divided over several media")
    for uid in production.span.divided_series:
        tell(f"note: the series {uid} is larger than a medium and divided")
    for name, error in production.gallery.failed if production.gallery else ():
        tell(f"note: no picture of {name}: {error.why}")
