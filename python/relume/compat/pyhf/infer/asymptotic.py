# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Hypothesis tests that the engine does whole, four fits and formulas in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .... import _core
from ....errors import RelumeError
from ...strictness import is_strict
from .. import engine
from ..optimize.mixins import is_shipped
from ..tensor.state import get_backend
from .test_statistics import warn_of_other_signals


def engine_pvalues(poi_test: Any, data: Any, pdf: Any, init_pars: Sequence[float], par_bounds: Sequence, fixed_params: Sequence[bool],
                   test_stat: str) -> tuple[tuple, list[tuple]] | None:
    """Observed (CLsb, CLb, CLs) and those of the band, ascending. None when something was customised that this does not cover: then fits are done
    one by one."""
    compiled = engine.of(pdf)
    optimizer = get_backend()[1]
    if compiled is None or is_strict() or test_stat not in ("q0", "qtilde") or not is_shipped(optimizer):
        return None
    core, poi = compiled.core, pdf.config.poi_index
    lower, upper = core.lower, core.upper
    bounds = np.asarray(par_bounds, dtype=np.float64)
    if bounds.shape != (len(lower), 2) or not (np.array_equal(bounds[:, 0], lower) and np.array_equal(bounds[:, 1], upper)):
        return None
    value = 0.0 if test_stat == "q0" else float(poi_test)
    # The engine's q0 and q-tilde fit signal strengths from zero, whatever the bound.
    if lower[poi] != 0.0 or not lower[poi] <= value <= upper[poi] or (test_stat == "q0" and upper[poi] < 1.0):
        return None
    start = np.asarray(init_pars, dtype=np.float64)
    held = np.asarray(fixed_params, dtype=bool)
    own = np.asarray(core.fixed, dtype=bool)
    if start.shape != lower.shape or held.shape != lower.shape or (own & ~held).any() or ((start < lower) | (start > upper)).any():
        return None
    extra = [(int(i), start[i]) for i in np.flatnonzero(held)] if held.any() else []
    try:
        document = compiled.hypotest(pdf.config.poi_name, value, engine.vector(data), test_stat, extra)
    except RelumeError:
        return None
    if document["status"] != "ok":
        return None
    if test_stat == "q0":
        for _ in ("data", "Asimov data"):  # two statistics, as when they are computed one by one
            warn_of_other_signals(poi_test)
    statistic = document["test_statistic"]
    return _core.p_values(test_stat, statistic["q"], statistic["q_asimov"])
