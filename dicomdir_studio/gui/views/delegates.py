"""How a row of the tree of records is painted: icon, title, muted detail, badges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from dicomdir_studio.gui import icons, style
from dicomdir_studio.gui.models.columns import GLYPHS, Column, Mark
from dicomdir_studio.gui.models.record_roles import RecordRole

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QFont

_GAP = 8
_PAD = 8
_BADGE_PAD = 7
_LEAST_DETAIL = 48
RECENT_HEIGHT = 52
PLACE_ROLE = Qt.ItemDataRole.UserRole + 1


class RecordDelegate(QStyledItemDelegate):
    """Paints one cell; the colours are looked up as it paints, so a new palette just shows."""

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
        painter.save()
        column = Column(index.column())
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        self._ground(painter, option, selected=selected)
        area = QRect(option.rect).adjusted(_PAD if column is not Column.NAME else 2, 0, -_PAD, 0)
        if column is Column.NAME:
            self._name(painter, option, area, index)
        elif column is Column.STATE:
            self._badges(painter, option.font, area, index.data(RecordRole.PARTS) or [])
        else:
            self._plain(painter, option, area, index)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, *, selected: bool) -> None:
        """Paint selection and hover, and the frame of the cell that has the keyboard."""
        shown = style.colours()
        if selected:
            painter.fillRect(option.rect, QColor(shown.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(shown.hover))
        focus = QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_KeyboardFocusChange
        if option.state & focus == focus:
            painter.setPen(QPen(QColor(shown.accent), 1))
            painter.drawRect(QRect(option.rect).adjusted(0, 0, -1, -1))

    def _name(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint icon, title and detail."""
        shown = style.colours()
        mark = Mark(index.data(RecordRole.MARK) or "")
        top = area.top() + (area.height() - style.ICON_SIZE) // 2
        ink = style.mark_colours(mark)[0].name() if mark else shown.muted
        drawn = icons.pixmap(
            str(index.data(RecordRole.ICON)),
            ink,
            style.ICON_SIZE,
            painter.device().devicePixelRatio(),
        )
        painter.drawPixmap(area.left(), top, drawn)
        area.setLeft(area.left() + style.ICON_SIZE + _GAP)
        font = option.font
        font.setStrikeOut(mark is Mark.REMOVED)
        painter.setFont(font)
        painter.setPen(QColor(shown.muted if mark is Mark.REMOVED else shown.text))
        used = _draw(painter, area, str(index.data() or ""))
        font.setStrikeOut(False)
        painter.setFont(font)
        area.setLeft(area.left() + used + _GAP + 2)
        detail = str(index.data(RecordRole.DETAIL) or "")
        if detail and area.width() > _LEAST_DETAIL:
            painter.setPen(QColor(shown.muted))
            _draw(painter, area, detail)

    def _plain(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint the text of the other columns."""
        shown = style.colours()
        painter.setFont(option.font)
        leaf = Column(index.column()) in {Column.SIZE, Column.DATE}
        painter.setPen(QColor(shown.muted if leaf else shown.text))
        right = Column(index.column()) in {Column.COUNT, Column.SIZE}
        _draw(painter, area, str(index.data() or ""), right=right)

    def _badges(
        self, painter: QPainter, font: QFont, area: QRect, parts: list[tuple[Mark, str]]
    ) -> None:
        """Paint one pill for each part of the state: sign, word, colour."""
        small = font
        small.setPointSizeF(max(7.0, font.pointSizeF() * 0.9))
        painter.setFont(small)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetrics(small)
        height = metrics.height() + 4
        left = area.left()
        for mark, word in parts:
            label = f"{GLYPHS[mark]} {word}"
            width = metrics.horizontalAdvance(label) + 2 * _BADGE_PAD
            if left + width > area.right() + _PAD and left > area.left():
                break
            ink, ground = style.mark_colours(mark)
            pill = QRectF(left, area.center().y() - height / 2 + 1, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(pill, height / 2, height / 2)
            painter.setPen(ink)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, label)
            left += width + 6


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
        _draw(painter, lower, str(index.data(PLACE_ROLE) or ""))
        painter.restore()


def _draw(painter: QPainter, area: QRect, text: str, *, right: bool = False) -> int:
    """Draw one line, cut with an ellipsis where it is too long; return the width used."""
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, area.width()))
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, shown)
    return metrics.horizontalAdvance(shown)
