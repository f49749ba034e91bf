"""Where to: folder, ZIP file, image, stick or disc, and what belongs to each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from dicomdir_studio.gui import wording
from dicomdir_studio.gui.medium.sections import Section
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.session.making.wish import Goal

if TYPE_CHECKING:
    from dicomdir_studio.media.volumes import Volume
    from dicomdir_studio.session.making.devices import Device

_MOST_COPIES = 99
_SUFFIX = {Goal.ISO: ".iso", Goal.ZIP: ".zip"}
_ELSEWHERE = "elsewhere"
_ON_DEVICES = (Goal.STICK, Goal.DISC)


class TargetSection(Section):
    """Where media are written.

    Attributes
    ----------
    goal_changed : Signal()
        Another kind of target was chosen.
    look_wanted : Signal()
        Drives and sticks are to be looked for again.
    format_wanted : Signal(object)
        A stick, a `Volume`, is to be erased and formatted.
    """

    goal_changed = Signal()
    look_wanted = Signal()
    format_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.heading.setText(self.tr("Write to"))
        self.title = self.tr("Write to")
        self._devices: list[Device] = []
        self.goal_box = QComboBox(self)
        for goal, text in (
            (Goal.FOLDER, self.tr("A folder")),
            (Goal.ZIP, self.tr("A ZIP file")),
            (Goal.ISO, self.tr("An ISO image")),
            (Goal.STICK, self.tr("A USB stick or card")),
            (Goal.DISC, self.tr("An optical disc")),
        ):
            self.goal_box.addItem(text, goal)
        self.goal_box.setCurrentIndex(self.goal_box.findData(Goal.ISO))
        self.path = self.line()
        self.browse = self.button(self.tr("&Browse…"))
        self.device = QComboBox(self)
        self.device.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.refresh = self.button(self.tr("&Look again"))
        self.format = self.button(self.tr("Format…"))
        self.labelled(self.tr("Tar&get"), self.goal_box)
        self.path_row = self.labelled(self.tr("&Path"), self.path, self.browse)
        self.device_row = self.labelled(self.tr("D&rive"), self.device, self.refresh)
        self.inside.addWidget(self.format, 0, Qt.AlignmentFlag.AlignLeft)
        self._add_options()
        self.goal_box.currentIndexChanged.connect(self._goal_chosen)
        self.device.currentIndexChanged.connect(self._device_chosen)
        self.browse.clicked.connect(self._browse)
        self.refresh.clicked.connect(self.look_wanted)
        self.format.clicked.connect(self._want_format)
        self.encrypt.toggled.connect(self._show_rows)
        self._show_rows()

    def _add_options(self) -> None:
        self.joliet = self.box(
            self.tr("Add &Joliet"), self.tr("Longer names for Windows, beside those of DICOM")
        )
        self.udf = self.box(
            self.tr("Add &UDF"),
            self.tr("The second file system of DVDs, which their profiles require"),
        )
        self.systems_row = self.beside(self.joliet, self.udf)
        self.udf_box = QComboBox(self)
        self.udf_box.addItem(self.tr("As the profile requires"), None)
        for one in Revision:
            self.udf_box.addItem(self.tr("UDF {0} alone").format(one.value), one)
        self.udf_box.setToolTip(
            self.tr("UDF alone allows files over 4 GB; BD has 2.50, BD-R 2.60, DVD-RAM 1.50")
        )
        self.udf_box.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self.udf_row = self.labelled(self.tr("Fil&e system"), self.udf_box)
        self.deflate = self.box(self.tr("&Compress"))
        self.encrypt = self.box(
            self.tr("&Encrypt (AES-256)"),
            self.tr("This is not a secure profile of the Standard; send the password separately"),
        )
        self.password = self.line(self.tr("Password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.again = self.line(self.tr("The same again"))
        self.again.setEchoMode(QLineEdit.EchoMode.Password)
        self.again.setAccessibleName(self.tr("The password again"))
        self.password_row = self.labelled(self.tr("Password"), self.password, self.again)
        self.copies = QSpinBox(self)
        self.copies.setRange(1, _MOST_COPIES)
        self.copies.setMinimumWidth(6 * self.copies.fontMetrics().averageCharWidth() + 40)
        self.copies.valueChanged.connect(lambda _value: self.changed.emit())
        self.copies_row = self.labelled(self.tr("&Copies"), self.copies)
        self.blank = self.box(
            self.tr("Blank a re&writable disc first"),
            self.tr("Everything on it is lost"),
        )

    # What is chosen -----------------------------------------------------------------------

    @property
    def goal(self) -> Goal:
        """What is made."""
        goal = self.goal_box.currentData()
        return goal if isinstance(goal, Goal) else Goal.ISO

    @goal.setter
    def goal(self, goal: Goal) -> None:
        self.goal_box.setCurrentIndex(self.goal_box.findData(goal))

    @property
    def out(self) -> str:
        """The path, or the address of the drive."""
        if not self.is_elsewhere:
            device = self.chosen_device
            return "" if device is None else device.address
        text = self.path.text().strip()
        return str(Path(text).expanduser()) if text else ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether a path is given, for a stick too that is not in the list."""
        if self.goal is Goal.STICK:
            return str(self.device.currentData() or "") == _ELSEWHERE
        return self.goal not in _ON_DEVICES

    @property
    def stick(self) -> Volume | None:
        """The stick that is chosen out of the list."""
        if self.goal is not Goal.STICK or self.is_elsewhere or self.chosen_device is None:
            return None
        return self.chosen_device.volume

    @property
    def device_problem(self) -> str:
        """What keeps the drive or stick from being used, empty if nothing does."""
        device = self.chosen_device if not self.is_elsewhere else None
        return "" if device is None else device.trouble

    @property
    def chosen_device(self) -> Device | None:
        """The drive or stick that is chosen."""
        place = self.device.currentIndex()
        return self._devices[place] if 0 <= place < len(self._devices) else None

    @property
    def udf_only(self) -> Revision | None:
        """The revision of an image of UDF alone; None as the profile asks."""
        revision = self.udf_box.currentData()
        is_image = self.goal in {Goal.ISO, Goal.DISC}
        return revision if is_image and isinstance(revision, Revision) else None

    @udf_only.setter
    def udf_only(self, revision: Revision | None) -> None:
        self.udf_box.setCurrentIndex(self.udf_box.findData(revision) if revision else 0)

    @property
    def asks_password(self) -> bool:
        """Whether a password is to be asked for."""
        return checked(self.encrypt, self)

    @property
    def password_problem(self) -> str:
        """Why the password will not do, empty if it will or none is wanted."""
        if not self.asks_password:
            return ""
        if not self.password.text():
            return self.tr("Type the password, twice")
        if self.password.text() != self.again.text():
            return self.tr("The two passwords differ")
        return ""

    def show_devices(self, devices: list[Device]) -> None:
        """Offer drives or sticks; the one that was chosen stays so."""
        before = self.chosen_device
        self._devices = devices
        self.device.blockSignals(True)
        self.device.clear()
        for device in devices:
            free = (
                "" if device.free is None else self.tr("{0} free").format(wording.size(device.free))
            )
            self.device.addItem(wording.joined(device.label, device.content, free))
        if self.goal is Goal.STICK:
            self.device.addItem(self.tr("Another place…"), _ELSEWHERE)
        addresses = [device.address for device in devices]
        if before is not None and before.address in addresses:
            self.device.setCurrentIndex(addresses.index(before.address))
        self.device.blockSignals(False)
        self.device.setEnabled(self.device.count() > 0)
        self._show_rows()
        self.changed.emit()

    # How it answers -----------------------------------------------------------------------

    def _goal_chosen(self) -> None:
        """Ask for what the target needs; a path gets the ending that belongs to it."""
        text = self.path.text().strip()
        if text and self.goal not in _ON_DEVICES:
            path = Path(text)
            plain = path.with_suffix("") if path.suffix.lower() in _SUFFIX.values() else path
            self.path.setText(f"{plain}{_SUFFIX.get(self.goal, '')}")
        self._show_rows()
        self.goal_changed.emit()
        self.changed.emit()

    def _device_chosen(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _want_format(self) -> None:
        device = self.chosen_device
        if device is not None and device.volume is not None:
            self.format_wanted.emit(device.volume)

    def _show_rows(self) -> None:
        """Show what belongs to the target."""
        goal = self.goal
        self.path_row.setVisible(self.is_elsewhere)
        device = self.chosen_device
        can_format = device is not None and device.volume is not None
        self.format.setVisible(goal is Goal.STICK and can_format)
        self.device_row.setVisible(goal in _ON_DEVICES)
        for widget, goals in (
            (self.systems_row, (Goal.ISO, Goal.DISC)),
            (self.udf_row, (Goal.ISO, Goal.DISC)),
            (self.deflate, (Goal.ZIP,)),
            (self.encrypt, (Goal.ZIP,)),
            (self.copies_row, (Goal.DISC,)),
            (self.blank, (Goal.DISC,)),
        ):
            widget.setVisible(goal in goals)
        self.password_row.setVisible(goal is Goal.ZIP and self.encrypt.isChecked())

    def _browse(self) -> None:
        """Ask for a folder or a file that is yet to be."""
        start = self.path.text()
        if self.goal in {Goal.FOLDER, Goal.STICK}:
            chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder to write to"), start)
        else:
            kind = "ZIP (*.zip)" if self.goal is Goal.ZIP else self.tr("ISO image (*.iso)")
            chosen, _kind = QFileDialog.getSaveFileName(
                self, self.tr("File to write"), start, kind,
                options=QFileDialog.Option.DontConfirmOverwrite,
            )  # fmt: skip
            suffix = _SUFFIX.get(self.goal, "")
            if chosen and Path(chosen).suffix.lower() != suffix:
                chosen += suffix
        if chosen:
            self.path.setText(chosen)


def checked(box: QCheckBox, section: QWidget) -> bool:
    """Return whether a box is on and concerns what is chosen in its section."""
    return box.isChecked() and box.isVisibleTo(section)
