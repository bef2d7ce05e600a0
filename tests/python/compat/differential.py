# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same code under the real pyhf and under relume's, and a comparison of what came out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyhf as real

from relume.compat import pyhf as ours

#: At fixed parameters nothing but rounding is between the two.
EXACT = 1e-8
#: Where a fit is behind a number, pyhf's minimiser leaves this much.
FITTED = 1e-5


def outcome(call: Callable, module: Any) -> tuple[str, Any]:
    """("value", what came back), or ("raises", name of the exception class)."""
    try:
        return "value", call(module)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other one shall raise it too)
        return "raises", type(error).__name__


def assert_same(expected: Any, found: Any, rtol: float, where: str = "", atol: float | None = None) -> None:
    """Equal in type, shape and content; numbers to `rtol`, or `atol` (default: the same)."""
    __tracebackhide__ = True
    atol = rtol if atol is None else atol
    if isinstance(expected, Mapping):
        assert list(expected) == list(found), where
        for key in expected:
            assert_same(expected[key], found[key], rtol, f"{where}[{key!r}]", atol)
    elif isinstance(expected, (list, tuple)):
        assert type(expected) is type(found), f"{where}: {type(expected)} and {type(found)}"
        assert len(expected) == len(found), where
        for i, (e, f) in enumerate(zip(expected, found, strict=True)):
            assert_same(e, f, rtol, f"{where}[{i}]", atol)
    elif isinstance(expected, (np.ndarray, np.generic)):
        assert np.shape(expected) == np.shape(found), f"{where}: shapes {np.shape(expected)} and {np.shape(found)}"
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=where)
    elif isinstance(expected, float):
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=where)
    elif callable(expected) or type(expected).__module__.startswith("pyhf"):
        assert type(expected).__name__ == type(found).__name__, where
    else:
        assert expected == found, where


def compare(call: Callable, rtol: float = EXACT, atol: float | None = None, raises: bool | str = False) -> Any:
    """Runs the call with both modules, compares, and returns our answer.

    `raises`: False where both have to answer, the name of the exception that both have to raise, True where either both answer or both raise the same.
    """
    __tracebackhide__ = True
    expected, found = outcome(call, real), outcome(call, ours)
    assert expected[0] == found[0], f"pyhf {expected[0]} {expected[1]!r}, relume {found[0]} {found[1]!r}"
    if expected[0] == "raises":
        assert raises, f"nothing is compared: both raise {expected[1]}"
    else:
        assert not isinstance(raises, str), f"neither raises {raises}"
    if isinstance(raises, str):
        assert expected[1] == raises
    assert_same(expected[1], found[1], rtol, "answer", atol)
    return found[1]
