# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of Python functions, checked: what is of the wrong kind is an OptionError with the name of the argument. Ranges are the engine's to check."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

from .errors import OptionError, Problem


def refuse(where: str, message: str, hint: str = "") -> NoReturn:
    """Raises the OptionError for one argument."""
    raise OptionError([Problem("option", where, message, hint)])


def number(value: Any, where: str) -> float:
    """Anything that is a number; texts are none."""
    if not isinstance(value, (str, bytes, bytearray)):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    refuse(where, f"{value!r} is no number")


def whole(value: Any, where: str, least: int, most: int = 2**63 - 1) -> int:
    """A whole number from `least` to `most`."""
    try:
        result = operator.index(value)
    except TypeError:
        refuse(where, f"{value!r} is no whole number")
    if not least <= result <= most:
        refuse(where, f"{result} is out of range", f"from {least} to {most}")
    return result


def flag(value: Any, where: str) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        refuse(where, f"{value!r} is neither True nor False")
    return bool(value)


def text(value: Any, where: str) -> str:
    """A name."""
    if not isinstance(value, str):
        refuse(where, f"{value!r} is no text")
    return value


def texts(values: Any, where: str) -> list[str]:
    """Several names: one alone would be taken apart into its letters."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        refuse(where, f"{values!r} is no list of names", f"for example [{values!r}]" if isinstance(values, str) else "")
    return [text(value, where) for value in values]


def new_names(values: Any, where: str) -> list[tuple[str, str]]:
    """Pairs of an old and a new name."""
    if not isinstance(values, Mapping):
        refuse(where, f"{values!r} is no mapping of old to new names", "for example {'old': 'new'}")
    return [(text(old, where), text(new, where)) for old, new in values.items()]


def numbers_by_name(values: Any, where: str) -> list[tuple[str, float]]:
    """Pairs of the name and the value of a parameter."""
    if not isinstance(values, Mapping):
        refuse(where, f"{values!r} is no mapping of names to numbers", "for example {'mu': 1.0}")
    return [(text(name, where), number(value, f"{where}[{name!r}]")) for name, value in values.items()]
