# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What relume raises when input is bad. Numbers that did not work out are no errors: results carry a status for them."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong."""

    code: str  #: "syntax", "schema", "reference", "model", "patch", "digest", "option", "io", "unsupported"
    where: str  #: file with JSON pointer or line, or the name of an argument
    message: str  #: what is wrong, with the offending value
    hint: str  #: what to do; may be empty

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}" + (f" ({self.hint})" if self.hint else "")


class RelumeError(ValueError):
    """Bad input; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: list[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("option", "", problems, "")]
        self.problems = [Problem(*p) for p in problems]
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple:
        return type(self), ([tuple(p) for p in self.problems],)


class InputError(RelumeError):
    """A document (workspace, patch, signal, …) that is not what its format asks for, or that describes no model."""


class OptionError(RelumeError):
    """An argument outside of its range, of the wrong length, or naming something that does not exist."""


class UnknownNameError(InputError, OptionError):
    """A name that does not exist, or exists twice, in a document or an argument."""


class FileError(RelumeError, OSError):
    """A file that cannot be read or written."""


def from_problems(problems: list[tuple[str, str, str, str]]) -> RelumeError:
    """The exception for what the engine reports: by the first problem's code."""
    kind = {"io": FileError, "option": OptionError, "reference": UnknownNameError}.get(problems[0][0] if problems else "", InputError)
    return kind([Problem(*p) for p in problems])
