# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Inference: hypothesis tests, fits, limits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import exceptions
from . import calculators, mle, test_statistics, utils
from .asymptotic import engine_pvalues
from .mle import given

__all__ = ["calculators", "hypotest", "intervals", "mle", "test_statistics", "utils"]


def __dir__() -> list[str]:
    return __all__


def _check_hypotest_prerequisites(pdf: Any, data: Any, init_pars: Any, par_bounds: Any, fixed_params: Any) -> None:
    if pdf.config.poi_index is None:
        raise exceptions.UnspecifiedPOI("No POI is defined. A POI is required to run a hypothesis test.")
    if not utils.all_pois_floating(pdf, fixed_params):
        raise exceptions.InvalidModel(f"POI at index [{pdf.config.poi_index}] is set as fixed, which makes profile likelihood ratio based inference"
                                      " impossible. Please unfix the POI to continue.")


def hypotest(poi_test: Any, data: Any, pdf: Any, init_pars: Any = None, par_bounds: Any = None, fixed_params: Any = None,
             calctype: str = "asymptotics", return_tail_probs: bool = False, return_expected: bool = False, return_expected_set: bool = False,
             return_calculator: bool = False, **kwargs: Any) -> Any:
    """CLs of a signal strength (with test_stat="q0" the p-value of the background-only hypothesis).

    Then, as asked for: [CLsb, CLb] ([CLb] with q0), the median expected value, the expected values at -2 to 2 sigma, ascending, the
    calculator. Values are arrays of no dimension. `kwargs` go to the calculator.
    """
    starts = given(init_pars, pdf.config.suggested_init())
    fixed = given(fixed_params, pdf.config.suggested_fixed())
    _check_hypotest_prerequisites(pdf, data, starts, par_bounds, fixed)
    bounds = given(par_bounds, pdf.config.suggested_bounds())
    test_stat = kwargs.get("test_stat", "qtilde")
    found = calculator = None
    if calctype == "asymptotics" and not return_calculator and not set(kwargs) - {"test_stat"}:
        found = engine_pvalues(poi_test, data, pdf, starts, bounds, fixed, test_stat)
    if found is None:
        calculator = utils.create_calculator(calctype, data, pdf, starts, bounds, fixed, **kwargs)
        statistic = calculator.teststatistic(poi_test)
        distributions = calculator.distributions(poi_test)
        observed = calculator.pvalues(statistic, *distributions)
        clsb_band, _, cls_band = calculator.expected_pvalues(*distributions)
    else:
        observed = found[0]
        clsb_band, cls_band = [p[0] for p in found[1]], [p[2] for p in found[1]]
    clsb, clb, cls = (np.asarray(p) for p in observed)
    is_q0 = test_stat == "q0"
    band = [np.asarray(p) for p in (clsb_band if is_q0 else cls_band)]
    returned: list[Any] = [clsb if is_q0 else cls]
    if return_tail_probs:
        returned.append([clb] if is_q0 else [clsb, clb])
    if return_expected:
        returned.append(band[2])
    if return_expected_set:
        returned.append(band)
    if return_calculator:
        returned.append(calculator)
    return tuple(returned) if len(returned) > 1 else returned[0]


from . import intervals  # noqa: E402 (limits are made of hypothesis tests)
