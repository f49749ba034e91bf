"""Lets each call fail that only looks at files: what cannot be read is neither gone nor empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.storage.contents import content_by_us
from tests.storage.enumeration import Enumeration, Point
from tests.storage.file_sets import READINGS

if TYPE_CHECKING:
    from tests.storage.file_sets import Content

LOOKS: Final = (
    *("read", "readv", "pread64", "getdents64", "newfstatat", "fstat", "stat", "lstat", "statx"),
    *("close", "open", "openat", "statfs", "fstatfs", "readlink", "readlinkat", "lseek"),
    *("access", "faccessat", "faccessat2"),
)
"""Every system call that looks at a file or lets go of one."""

ERRORS: Final = {"close": ("EIO", "ENOSPC"), "getdents64": ("EIO", "EACCES")}
_OTHERWISE: Final = ("EIO", "ESTALE")


class Looking(Enumeration):
    """All points of one case at which its files are looked at."""

    def _find_points(self) -> list[Point]:
        """Run once undisturbed; returns every call that looks at a file of the case."""
        found = []
        for point, arguments in self._calls(LOOKS, "-y"):
            made = "O_CREAT" in arguments
            if point.call in LOOKS and not made and self._is_of_case(arguments):
                found.append(point)
        assert len(found) > len(LOOKS)
        return found

    def _contents(self) -> dict[str, Content]:
        """Return what other software reads, or where it cannot find the files, we."""
        if self.case not in READINGS:
            return super()._contents()
        found = {root.name: content_by_us(root) for root in self._roots()}
        return {name: content for name, content in found.items() if content is not None}

    def _is_of_case(self, arguments: str) -> bool:
        """Return whether a call is about a file of the case, and one that is there."""
        return str(self._folder) in arguments and "ENOENT" not in arguments

    def fail_everywhere(self) -> None:
        """Let each call fail, the errors that it may return in turn."""
        for number, point in enumerate(self.points):
            errors = ERRORS.get(point.call, _OTHERWISE)
            turn = 0 if self.case in READINGS else number  # only what is written needs room
            error = errors[turn % len(errors)]
            self._prepare()
            code, told = self._run(point, f"error={error}")
            self._require(code == 0, point, error, f"it ended with {code}")
            self._judge_after_refusal(point, error, told)
            self.tally.runs[error] += 1
