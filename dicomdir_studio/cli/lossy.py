"""The parameter type of the lossy option, such as ``jpeg:90``."""

from __future__ import annotations

from typing import Any, Final

import click

from dicomdir_studio.media.transcoding.lossy import LossyChoice
from dicomdir_studio.media.transcoding.routes import JPEG_2000, JPEG_BASELINE

_SYNTAXES: Final = {"jpeg": JPEG_BASELINE, "j2k": JPEG_2000}


class LossyWish(click.ParamType[LossyChoice]):
    """A method of lossy compression, ``jpeg:QUALITY`` or ``j2k:RATIO``."""

    name = "jpeg:90|j2k:8"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> LossyChoice:
        """Return the choice."""
        if isinstance(value, LossyChoice):
            return value
        kind, _, amount = str(value).lower().partition(":")
        if kind not in _SYNTAXES or not amount.isdigit():
            self.fail(f"{value!r} is neither jpeg:QUALITY nor j2k:RATIO", param, ctx)
        try:
            return LossyChoice(_SYNTAXES[kind], int(amount))
        except ValueError as error:
            self.fail(str(error), param, ctx)
