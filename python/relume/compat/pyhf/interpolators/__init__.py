# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Interpolation between a nominal histogram and its down and up variations.

A code is made from histograms, shape (n_sets, n_histos, 3, n_bins) in the order down, nominal, up, and called with alphas, shape
(n_sets, n_alpha); what comes back has shape (n_sets, n_histos, n_alpha, n_bins). Codes 0, 2 and 4p give what is added to the nominal; codes 1
and 4 the factor it is multiplied with. Formulas: HistFactory, CERN-OPEN-2012-016.
"""

from __future__ import annotations

from typing import Any

from .. import exceptions
from .code0 import code0
from .code1 import code1
from .code2 import code2
from .code4 import code4
from .code4p import code4p

__all__ = ["code0", "code1", "code2", "code4", "code4p"]

_CODES = {0: code0, 1: code1, 2: code2, 4: code4, "4p": code4p}


def __dir__() -> list[str]:
    return __all__


def get(interpcode: Any, do_tensorized_calc: bool = True) -> Any:
    """The class of a code: 0, 1, 2, 4 or "4p". There is one implementation, whatever `do_tensorized_calc`."""
    try:
        return _CODES[interpcode]
    except KeyError:
        raise exceptions.InvalidInterpCode from None
