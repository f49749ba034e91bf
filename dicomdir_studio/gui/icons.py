"""Line icons drawn as SVG, in whatever colour the palette has at the time."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from dicomdir_studio import resources
from dicomdir_studio.gui import style

_SIZES = (16, 20, 24)
_SCALES = (1.0, 2.0)


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    """Return the text of an icon."""
    return resources.read_text(f"icons/{name}.svg")


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, scale: float = 1.0) -> QPixmap:
    """Return an icon in one colour.

    Parameters
    ----------
    name : str
        The file's name below ``resources/icons``, without its ending.
    colour : str
        ``#rrggbb`` or ``#aarrggbb``; replaces ``currentColor``.
    size : int
        Width and height in logical pixels.
    scale : float, default 1.0
        The device pixel ratio.

    Raises
    ------
    StudioError
        If the installation has no such icon.
    """
    ink = QColor(colour)
    text = _source(name).replace("currentColor", ink.name())
    drawn = QPixmap(round(size * scale), round(size * scale))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setOpacity(ink.alphaF())
    QSvgRenderer(QByteArray(text.encode())).render(
        painter, QRectF(0, 0, drawn.width(), drawn.height())
    )
    painter.end()
    drawn.setDevicePixelRatio(scale)
    return drawn


def icon(name: str, colour: str | None = None) -> QIcon:
    """Return an icon for actions and buttons, in the colour of text unless one is given."""
    shown = style.colours()
    faint = QColor(shown.muted)
    faint.setAlphaF(0.5)
    made = QIcon()
    for size in _SIZES:
        for scale in _SCALES:
            made.addPixmap(pixmap(name, colour or shown.text, size, scale), QIcon.Mode.Normal)
            disabled = pixmap(name, faint.name(QColor.NameFormat.HexArgb), size, scale)
            made.addPixmap(disabled, QIcon.Mode.Disabled)
    return made


def application_icon() -> QIcon:
    """Return the program's own icon, which keeps its colours."""
    made = QIcon()
    for size in (16, 32, 64, 128, 256):
        made.addPixmap(pixmap("dicomdir-studio", "#000000", size))
    return made
