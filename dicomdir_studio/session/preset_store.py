"""Where the user's own presets are kept, and how they are handed on as a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dicomdir_studio.errors import StorageError, StudioError
from dicomdir_studio.session import places
from dicomdir_studio.session.preset_form import presets_from, presets_json
from dicomdir_studio.session.presets import BUILT_IN, Preset, PresetError, contradictions
from dicomdir_studio.session.safe_files import read_json_object, write_text_safely

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class PresetStore:
    """The built-in presets and the user's own.

    Parameters
    ----------
    path : Path, optional
        The file, default ``presets.json`` in the system's folder for settings.

    Attributes
    ----------
    fault : StudioError or None
        Why the user's own presets could not be read. They stay as they are then: nothing
        is saved over them.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or places.config_dir() / "presets.json"
        self.fault: StudioError | None = None
        self._own: dict[str, Preset] = {}
        try:
            self._own = {one.key: one for one in _read(self.path, may_be_gone=True)}
        except StudioError as error:
            self.fault = error

    def presets(self) -> list[Preset]:
        """Return all presets, the built-in first; an own one stands for a built-in of its name."""
        built_in = [self._own.get(one.key, one) for one in BUILT_IN]
        names = {one.key for one in BUILT_IN}
        return built_in + [one for key, one in sorted(self._own.items()) if key not in names]

    def is_own(self, name: str) -> bool:
        """Return whether a preset is the user's own."""
        return name.casefold() in self._own

    def get(self, name: str) -> Preset:
        """Return the preset of a name, in any case.

        Raises
        ------
        PresetError
            If there is none; it lists those there are.
        """
        for one in self.presets():
            if one.key == name.casefold():
                return one
        names = ", ".join(one.name for one in self.presets())
        raise PresetError(f"There is no preset {name!r}", remedy=f"Choose one of {names}")

    def save(self, preset: Preset) -> None:
        """Keep a preset as the user's own, in place of one of the same name.

        Raises
        ------
        PresetError
            If something in it cannot be together.
        StudioError
            If the file cannot be written, or what it holds could not be read.
        """
        self._keep([preset])

    def remove(self, name: str) -> None:
        """Forget an own preset; a built-in of the name is there again.

        Raises
        ------
        PresetError
            If it is not the user's own.
        """
        if not self.is_own(name):
            raise PresetError(
                f"There is no preset {name!r} of your own",
                remedy="The presets that come with the program stay",
            )
        self._write({key: one for key, one in self._own.items() if key != name.casefold()})

    def import_file(self, path: Path, *, replaced: bool = False) -> list[Preset]:
        """Take all presets of a file, or none.

        Parameters
        ----------
        path : Path
            What `export_file` made, here or elsewhere.
        replaced : bool, optional
            Whether own presets of the same name may be replaced.

        Raises
        ------
        PresetError
            If the file is not usable, or a name is taken and may not be.
        """
        found = _read(path)
        taken = [one.name for one in found if one.key in self._own and one != self._own[one.key]]
        if taken and not replaced:
            raise PresetError(
                "You have other presets of the same name",
                where=path,
                why=", ".join(taken),
                remedy="Nothing was taken; allow them to be replaced, or rename yours",
            )
        self._keep(found)
        return found

    @staticmethod
    def export_file(presets: Iterable[Preset], path: Path) -> None:
        """Write presets to a file that others can import; never over one that exists.

        Raises
        ------
        PresetError
            If the file exists.
        StorageError
            If it cannot be written.
        """
        if path.exists():
            raise PresetError(
                "A file of that name already exists", where=path, remedy="Choose another name"
            )
        write_text_safely(path, _text(presets))

    def _keep(self, presets: list[Preset]) -> None:
        """Add presets and write them all."""
        for one in presets:
            if problems := contradictions(one):
                raise PresetError(
                    f"The preset {one.name} contradicts itself", why="; ".join(problems)
                )
        self._write({**self._own, **{one.key: one for one in presets}})

    def _write(self, own: dict[str, Preset]) -> None:
        """Write the user's presets, then take them as they were written."""
        if self.fault is not None:
            raise self.fault
        write_text_safely(self.path, _text(own.values()))
        self._own = own


def read_preset(path: Path) -> Preset:
    """Return the preset of a file that holds one.

    Raises
    ------
    PresetError
        If it holds none, several, or is not usable.
    """
    found = _read(path)
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise PresetError(
            f"The file holds {len(found)} presets",
            where=path,
            why=names,
            remedy="Import it and choose one by its name",
        )
    return found[0]


def _read(path: Path, *, may_be_gone: bool = False) -> list[Preset]:
    """Return the presets of a file; none where it is not there and need not be."""
    try:
        value = read_json_object(path)
    except OSError as error:
        raise StorageError(
            "The file of presets cannot be read", where=path, why=error.strerror or str(error)
        ) from error
    except ValueError as error:
        raise PresetError(
            "The file is no file of presets",
            where=path,
            why=str(error),
            remedy="Nothing was taken from it; mend it, or have it exported anew",
        ) from error
    if value is None:
        if may_be_gone:
            return []
        raise PresetError("There is no such file", where=path)
    return presets_from(value, str(path))


def _text(presets: Iterable[Preset]) -> str:
    """Return presets as the text of a file."""
    return json.dumps(presets_json(list(presets)), indent=2, ensure_ascii=False) + "\n"
