"""Presets for recipients as wishes of the page, and the other way round."""

from __future__ import annotations

from dataclasses import replace

from dicomdir_studio.media.folders import ExtraFolder
from dicomdir_studio.session.making.wish import Goal, Wish
from dicomdir_studio.session.presets import Preset, PresetTarget


def wish_of(preset: Preset) -> Wish:
    """Return what a preset asks for; where to and of what it does not say."""
    return Wish(
        goal=Goal(preset.target.value),
        profile=preset.profile or "",
        medium=preset.medium or "",
        is_spanned=preset.is_spanned,
        layout=preset.layout,
        readme=preset.has_readme,
        pages=preset.has_pages,
        institution=preset.institution,
        contact=preset.contact,
        joliet=preset.joliet,
        udf=preset.udf,
        udf_only=preset.udf_only,
        deflate=preset.deflate,
        folders=tuple(folder.source for folder in preset.folders),
        has_autorun=preset.has_autorun,
        verified=preset.verified,
    )


def preset_of(name: str, wish: Wish, base: Preset, *, is_encrypted: bool) -> Preset:
    """Return the preset of the user's own that asks for the same again.

    Parameters
    ----------
    name : str
        What it is called.
    wish : Wish
        What is chosen; a password is never kept.
    base : Preset
        Says what is not chosen on the page: what stands on papers.
    is_encrypted : bool
        Whether a password is to be asked for.
    """
    return replace(
        base,
        name=name,
        description="" if base.name != name else base.description,
        target=PresetTarget(wish.goal.value),
        profile=wish.profile or None,
        medium=wish.medium or None,
        layout=wish.layout,
        has_readme=wish.readme or wish.pages,
        has_pages=wish.pages,
        institution=wish.institution,
        contact=wish.contact,
        joliet=wish.joliet,
        udf=wish.udf,
        udf_only=wish.udf_only,
        deflate=wish.deflate,
        is_encrypted=is_encrypted,
        is_spanned=wish.is_spanned and (bool(wish.medium) or wish.goal is Goal.STICK),
        verified=wish.verified,
        folders=_folders(wish, base),
        has_autorun=wish.has_autorun,
    )


def _folders(wish: Wish, base: Preset) -> tuple[ExtraFolder, ...]:
    """Return the further folders, those of the base under the names that it has for them."""
    known = {folder.source: folder for folder in base.folders}
    return tuple(known.get(path, ExtraFolder(path)) for path in wish.folders)
