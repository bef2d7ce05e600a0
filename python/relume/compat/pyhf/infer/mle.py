# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Maximum-likelihood fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..exceptions import UnspecifiedPOI
from ..tensor.state import get_backend

__all__ = ["fit", "fixed_poi_fit", "twice_nll"]


def __dir__() -> list[str]:
    return __all__


def given(values: Any, otherwise: Sequence) -> list:
    """The values as a list; `otherwise` when there are none.

    Differs from pyhf: arrays are taken too.
    """
    return list(otherwise) if values is None or len(values) == 0 else list(values)


def twice_nll(pars: Any, data: Any, pdf: Any) -> Any:
    """-2 ln L, in the shape of logpdf."""
    return -2 * pdf.logpdf(pars, data)


def _validate_fit_inputs(init_pars: Sequence[float], par_bounds: Sequence, fixed_params: Sequence[bool]) -> None:
    for index, (value, bound) in enumerate(zip(init_pars, par_bounds, strict=False)):
        if not bound[0] <= value <= bound[1]:
            raise ValueError(f"fit initialization parameter (index: {index}, value: {value}) lies outside of its bounds: {bound}\nTo correct this adjust"
                             " the initialization parameter values in the model spec or those given as arguments to pyhf.infer.fit. If this value is"
                             " intended, adjust the range of the parameter bounds.")


def fit(data: Any, pdf: Any, init_pars: Any = None, par_bounds: Any = None, fixed_params: Any = None, **kwargs: Any) -> Any:
    """Best-fit parameters; `kwargs` as of the optimizer's minimize (return_fitted_val, return_uncertainties, ...).

    Raises ValueError for a start outside of its bounds, FailedMinimization when no minimum is found.
    """
    _, optimizer = get_backend()
    init_pars = given(init_pars, pdf.config.suggested_init())
    par_bounds = given(par_bounds, pdf.config.suggested_bounds())
    fixed_params = given(fixed_params, pdf.config.suggested_fixed())
    _validate_fit_inputs(init_pars, par_bounds, fixed_params)
    fixed_vals = [(i, value) for i, (value, is_fixed) in enumerate(zip(init_pars, fixed_params, strict=False)) if is_fixed]
    return optimizer.minimize(twice_nll, data, pdf, init_pars, par_bounds, fixed_vals, **kwargs)


def fixed_poi_fit(poi_val: float, data: Any, pdf: Any, init_pars: Any = None, par_bounds: Any = None, fixed_params: Any = None, **kwargs: Any) -> Any:
    """As `fit`, with the parameter of interest held."""
    poi = pdf.config.poi_index
    if poi is None:
        raise UnspecifiedPOI("No POI is defined. A POI is required to fit with a fixed POI.")
    init_pars = given(init_pars, pdf.config.suggested_init())
    fixed_params = given(fixed_params, pdf.config.suggested_fixed())
    init_pars[poi], fixed_params[poi] = poi_val, True
    return fit(data, pdf, init_pars, par_bounds, fixed_params, **kwargs)
