# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether fits are done as pyhf does them, to its digits, or as well as relume can."""

from __future__ import annotations

import os
from typing import Any

#: Set to 1 for processes that cannot call strict().
VARIABLE = "RELUME_COMPAT_STRICT"

_on = os.environ.get(VARIABLE, "") not in ("", "0")


class strict:  # noqa: N801 (used like a function)
    """From now on, or within `with strict():`, fits run scipy's SLSQP (or Minuit) with pyhf's own settings, on a likelihood that rounds as pyhf's does.

    Same start, forward differences, tolerance 1e-6, arithmetic in the same order (by numpy, not by the engine): where a minimiser stops early
    depends on the last digits, and so the answers are pyhf's, noise included. Takes as long as pyhf. Applies to the whole process.
    """

    def __init__(self, on: bool = True) -> None:
        """`on`: False ends it."""
        global _on
        self._before, _on = _on, on

    def __enter__(self) -> strict:
        return self

    def __exit__(self, *error: Any) -> None:
        global _on
        _on = self._before


def is_strict() -> bool:
    """Whether strict mode is on."""
    return _on
