# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether fits are done as pyhf does them, to its digits, or as well as relume can."""

from __future__ import annotations

import os
from typing import Any

#: Set to 1 for processes that cannot call strict().
VARIABLE = "RELUME_COMPAT_STRICT"

#: What was asked for, latest last; the latest that is still in force decides. The first is the environment's.
_requests: list[strict] = []


class strict:  # noqa: N801 (used like a function)
    """From now on, or within `with strict():`, fits run scipy's SLSQP (or Minuit) with pyhf's own settings, on a likelihood that rounds as pyhf's does.

    Same start, forward differences, tolerance 1e-6, arithmetic in the same order (by numpy, not by the engine): where a minimiser stops early
    depends on the last digits, and so the answers are pyhf's, noise included. Takes as long as pyhf. Applies to the whole process, all threads of it;
    blocks may overlap: each ends what it asked for itself.
    """

    def __init__(self, on: bool = True) -> None:
        """`on`: False ends it."""
        self.on = on
        self._entered = False
        repeated = bool(_requests) and _requests[-1].on == on and not _requests[-1]._entered
        if not repeated:  # so that calls in a loop do not pile up
            _requests.append(self)

    def __enter__(self) -> strict:
        self._entered = True
        if self not in _requests:
            _requests.append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        if self in _requests:
            _requests.remove(self)


strict(os.environ.get(VARIABLE, "") not in ("", "0"))


def is_strict() -> bool:
    """Whether strict mode is on."""
    return _requests[-1].on
