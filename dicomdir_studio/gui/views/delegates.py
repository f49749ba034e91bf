"""How a row of the tree of records is painted: icon, title, muted detail, badges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dicomdir_studio.gui import icons, style
from dicomdir_studio.gui.models.columns import GLYPHS, Column, Mark

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex

    from dicomdir_studio.gui.models.record_roles import RowLook
    from dicomdir_studio.gui.models.records import RecordTreeModel

_GAP = 8
_PAD = 8
_BADGE_PAD = 7
_LEAST_DETAIL = 48
_NAME, _STATE = int(Column.NAME), int(Column.STATE)
_QUIET = frozenset({int(Column.SIZE), int(Column.DATE)})
_RIGHT = frozenset({int(Column.COUNT), int(Column.SIZE)})
# Numbers, since a flag's own operators cost more than all else in a cell.
_SELECTED = QStyle.StateFlag.State_Selected.value
_HOVERED = QStyle.StateFlag.State_MouseOver.value
_FOCUSED = (QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange).value
_TO_THE_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
RECENT_HEIGHT = 52
PLACE_ROLE = Qt.ItemDataRole.UserRole + 1


class RecordDelegate(QStyledItemDelegate):
    """Paints one cell from what the model keeps of its row; a new palette just shows.

    Parameters
    ----------
    model : RecordTreeModel
        What the view shows.
    parent : QObject
        The view.
    """

    def __init__(self, model: RecordTreeModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._inks = style.inks()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row, generous for reading, and the width of the text."""
        hint = super().sizeHint(option, index)
        height = max(style.ROW_HEIGHT, QFontMetrics(option.font).height() + 2 * 6)
        return QSize(hint.width() + 2 * _PAD, height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint ground and content of a cell."""
        look = self._model.look_of(index)
        if look is None:
            return
        column, area = index.column(), option.rect
        self._inks = style.inks()
        self._ground(painter, option)
        if column == _NAME:
            self._name(painter, option.font, area.adjusted(2, 0, -_PAD, 0), look)
        elif column == _STATE:
            if look.parts:
                self._badges(painter, option.font, area.adjusted(_PAD, 0, -_PAD, 0), look.parts)
        elif text := look.texts.get(column):
            painter.setFont(option.font)
            painter.setPen(self._inks.muted if column in _QUIET else self._inks.text)
            _draw(painter, area.adjusted(_PAD, 0, -_PAD, 0), text, right=column in _RIGHT)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """Paint selection and hover, and the frame of the cell that has the keyboard."""
        state = option.state.value
        if state & _SELECTED:
            painter.fillRect(option.rect, self._inks.selection)
        elif state & _HOVERED:
            painter.fillRect(option.rect, self._inks.hover)
        if state & _FOCUSED == _FOCUSED:
            painter.setPen(QPen(self._inks.accent, 1))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))

    def _name(self, painter: QPainter, font: QFont, area: QRect, look: RowLook) -> None:
        """Paint icon, title and detail."""
        inks, mark = self._inks, look.mark
        top = area.top() + (area.height() - style.ICON_SIZE) // 2
        ink = inks.marks[mark][0].name() if mark else inks.muted_name
        scale = painter.device().devicePixelRatio()
        painter.drawPixmap(area.left(), top, icons.pixmap(look.icon, ink, style.ICON_SIZE, scale))
        area.setLeft(area.left() + style.ICON_SIZE + _GAP)
        removed = mark is Mark.REMOVED
        painter.setFont(_struck_out(font) if removed else font)
        painter.setPen(inks.muted if removed else inks.text)
        used = _draw(painter, area, look.title)
        area.setLeft(area.left() + used + _GAP + 2)
        if look.detail and area.width() > _LEAST_DETAIL:
            painter.setFont(font)
            painter.setPen(inks.muted)
            _draw(painter, area, look.detail)

    def _badges(
        self, painter: QPainter, font: QFont, area: QRect, parts: list[tuple[Mark, str]]
    ) -> None:
        """Paint one pill for each part of the state: sign, word, colour."""
        small = font
        small.setPointSizeF(max(7.0, font.pointSizeF() * 0.9))
        painter.setFont(small)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        height = metrics.height() + 4
        left = area.left()
        for mark, word in parts:
            label = f"{GLYPHS[mark]} {word}"
            width = metrics.horizontalAdvance(label) + 2 * _BADGE_PAD
            if left + width > area.right() + _PAD and left > area.left():
                break
            ink, ground = self._inks.marks[mark]
            pill = QRectF(left, area.center().y() - height / 2 + 1, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(pill, height / 2, height / 2)
            painter.setPen(ink)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, label)
            left += width + 6
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def _struck_out(font: QFont) -> QFont:
    """Return the font of what goes."""
    struck = QFont(font)
    struck.setStrikeOut(True)
    return struck


class RecentDelegate(QStyledItemDelegate):
    """Paints a recent File-set: its name, and below it, muted, where it lies."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of two lines with room around them."""
        return QSize(super().sizeHint(option, index).width(), RECENT_HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint ground, disc and the two lines."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = style.colours()
        states = QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected
        if option.state & states:
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(shown.selection if chosen else shown.hover))
            painter.drawRoundedRect(option.rect, style.RADIUS, style.RADIUS)
        area = QRect(option.rect).adjusted(12, 6, -12, -6)
        size = 24
        drawn = icons.pixmap("disc", shown.muted, size, painter.device().devicePixelRatio())
        painter.drawPixmap(area.left(), area.center().y() - size // 2, drawn)
        area.setLeft(area.left() + size + 12)
        upper, lower = QRect(area), QRect(area)
        upper.setBottom(area.center().y())
        lower.setTop(area.center().y())
        painter.setPen(QColor(shown.text))
        _draw(painter, upper, str(index.data() or ""))
        painter.setPen(QColor(shown.muted))
        middle = Qt.TextElideMode.ElideMiddle  # the end of a path tells most
        _draw(painter, lower, str(index.data(PLACE_ROLE) or ""), elide=middle)
        painter.restore()


def _draw(
    painter: QPainter,
    area: QRect,
    text: str,
    *,
    right: bool = False,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> int:
    """Draw one line, cut with an ellipsis where it is too long; return the width used."""
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, elide, max(0, area.width()))
    painter.drawText(area, _TO_THE_RIGHT if right else _TO_THE_LEFT, shown)
    return metrics.horizontalAdvance(shown)
