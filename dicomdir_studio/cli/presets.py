"""The commands presets list, show, save, remove, export and import."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from dicomdir_studio.cli.options import GivenPath, json_option
from dicomdir_studio.cli.outcome import Exit, counted, say, tell
from dicomdir_studio.session.preset_form import as_json, presets_json
from dicomdir_studio.session.preset_store import PresetStore, read_preset

_FILE = GivenPath(dir_okay=False)


@click.group("presets")
def presets() -> None:
    """List, show, save, export and import presets for recipients."""


@presets.command("list")
@json_option
def list_presets(*, as_json: bool) -> int:
    """List all presets; your own are marked with an asterisk."""
    store = _store()
    found = store.presets()
    if as_json:
        click.echo(json.dumps(presets_json(found), indent=2, ensure_ascii=False))
        return Exit.DONE
    width = max(len(one.name) for one in found)
    for one in found:
        mark = "*" if store.is_own(one.name) else " "
        say(f"{mark} {one.name:{width}}  {one.summary()}")
    return Exit.DONE if store.fault is None else Exit.PARTLY


@presets.command("show")
@click.argument("name")
def show(name: str) -> int:
    """Show all values of the preset NAME in the format of a preset file."""
    preset = _store().get(name)
    click.echo(json.dumps(as_json(preset), indent=2, ensure_ascii=False))
    return Exit.DONE


@presets.command("save")
@click.argument("name")
@click.option(
    "--from", "source", metavar="NAME|FILE", required=True, help="The preset to start from."
)
@click.option("--institution", help="The institution that hands it out.")
@click.option("--contact", help="A contact for questions.")
@click.option("--address", help="The institution's address.")
@click.option("--description", help="A description of its recipients.")
def save(name: str, source: str, **values: str | None) -> int:
    """Save your own preset as NAME, based on another one.

    To change other values, export the preset, edit the file and import it.
    """
    store = _store()
    is_file = Path(source).suffix.lower() == ".json"
    preset = read_preset(Path(source)) if is_file else store.get(source)
    given = {word: value for word, value in values.items() if value is not None}
    store.save(replace(preset, name=" ".join(name.split()), **given))  # type: ignore[arg-type]
    say(f"Saved {name}: {store.get(' '.join(name.split())).summary()}")
    return Exit.DONE


@presets.command("remove")
@click.argument("name")
def remove(name: str) -> int:
    """Remove your own preset NAME."""
    _store().remove(name)
    say(f"Removed {name}")
    return Exit.DONE


@presets.command("export")
@click.argument("file", type=_FILE)
@click.argument("names", nargs=-1)
def export(file: Path, names: tuple[str, ...]) -> int:
    """Write the presets NAMES, or all of your own, to FILE.json."""
    store = _store()
    chosen = [store.get(name) for name in names]
    if not names:
        chosen = [one for one in store.presets() if store.is_own(one.name)]
    if not chosen:
        raise click.UsageError("You have no presets of your own; name one of those listed")
    store.export_file(chosen, file)
    say(f"Wrote {file}: {counted(len(chosen), 'preset')}")
    return Exit.DONE


@presets.command("import")
@click.argument("file", type=_FILE)
@click.option("--replace", "replaced", is_flag=True, help="Replace your presets of the same name.")
def import_presets(file: Path, *, replaced: bool) -> int:
    """Import all presets of FILE, or none if one of them is invalid."""
    for one in _store().import_file(file, replaced=replaced):
        say(f"Imported {one.name}: {one.summary()}")
    return Exit.DONE


def _store() -> PresetStore:
    """Return the presets, with a warning if the user's own cannot be read."""
    store = PresetStore()
    if store.fault is not None:
        tell(f"warning: {store.fault}")
    return store
