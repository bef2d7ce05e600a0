# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Profile likelihood ratios (CCGV, Eur. Phys. J. C 71 (2011) 1554). The bounds of the parameter of interest make a statistic a "tilde" one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from ..exceptions import InvalidTestStatistic, UnspecifiedPOI
from .mle import fit, fixed_poi_fit

log = logging.getLogger("pyhf.infer.test_statistics")

__all__ = ["q0", "qmu", "qmu_tilde", "tmu", "tmu_tilde"]


def __dir__() -> list[str]:
    return __all__


def _need_poi(pdf: Any) -> None:
    if pdf.config.poi_index is None:
        raise UnspecifiedPOI("No POI is defined. A POI is required for profile likelihood based test statistics.")


def _warn_of_bounds(name: str, other: str, pdf: Any, par_bounds: Any) -> None:
    is_tilde = name.endswith("_tilde")
    if (par_bounds[pdf.config.poi_index][0] == 0) != is_tilde:
        text = (f"{name} test statistic used for fit configuration with POI {'not ' if is_tilde else ''}bounded at zero.\n"
                f"Use the {other} test statistic (pyhf.infer.test_statistics.{other}) instead.")
        if name.startswith("q"):
            option = "q" if is_tilde else "qtilde"
            text += f'\nIf you called this from pyhf.infer.mle or pyhf.infer.hypotest, set test_stat="{option}".'
        log.warning(text)


def warn_of_other_signals(mu: Any) -> None:
    """q0 is of mu = 0, whatever was asked for."""
    if mu != 0.0:
        log.warning("q0 test statistic only used for fit configuration with POI set to zero. Setting mu=0.")


def _ratio(mu: Any, data: Any, pdf: Any, *fit_options: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """t_mu >= 0, the parameters at mu, those of the best fit."""
    at_mu, value_at_mu = fixed_poi_fit(mu, data, pdf, *fit_options, return_fitted_val=True)
    best, value_best = fit(data, pdf, *fit_options, return_fitted_val=True)
    return np.maximum(value_at_mu - value_best, 0.0), at_mu, best


def _answer(statistic: Any, at_mu: Any, best: Any, return_fitted_pars: bool) -> Any:
    statistic = np.asarray(statistic, dtype=np.float64)
    return (statistic, (at_mu, best)) if return_fitted_pars else statistic


def _qmu_like(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    t, at_mu, best = _ratio(mu, data, pdf, init_pars, par_bounds, fixed_params)
    return _answer(np.where(best[pdf.config.poi_index] > mu, 0.0, t), at_mu, best, return_fitted_pars)


def _tmu_like(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    return _answer(*_ratio(mu, data, pdf, init_pars, par_bounds, fixed_params), return_fitted_pars)


def qmu(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    """For upper limits: zero when the best fit lies above mu. With `return_fitted_pars` also (parameters at mu, best parameters)."""
    _need_poi(pdf)
    _warn_of_bounds("qmu", "qmu_tilde", pdf, par_bounds)
    return _qmu_like(mu, data, pdf, init_pars, par_bounds, fixed_params, return_fitted_pars)


def qmu_tilde(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    """As qmu, for signals that are not negative."""
    _need_poi(pdf)
    _warn_of_bounds("qmu_tilde", "qmu", pdf, par_bounds)
    return _qmu_like(mu, data, pdf, init_pars, par_bounds, fixed_params, return_fitted_pars)


def tmu(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    """Two-sided: minus twice the logarithm of the profile likelihood ratio."""
    _need_poi(pdf)
    _warn_of_bounds("tmu", "tmu_tilde", pdf, par_bounds)
    return _tmu_like(mu, data, pdf, init_pars, par_bounds, fixed_params, return_fitted_pars)


def tmu_tilde(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    """As tmu, for signals that are not negative."""
    _need_poi(pdf)
    _warn_of_bounds("tmu_tilde", "tmu", pdf, par_bounds)
    return _tmu_like(mu, data, pdf, init_pars, par_bounds, fixed_params, return_fitted_pars)


def q0(mu: Any, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, return_fitted_pars: bool = False) -> Any:
    """For discoveries: of mu = 0, zero when the best fit is negative."""
    _need_poi(pdf)
    warn_of_other_signals(mu)
    t, at_mu, best = _ratio(0.0, data, pdf, init_pars, par_bounds, fixed_params)
    return _answer(np.where(best[pdf.config.poi_index] < 0, 0.0, t), at_mu, best, return_fitted_pars)


def get_test_stat(name: str) -> Callable:
    """`name`: "q0", "q" or "qtilde"; InvalidTestStatistic for anything else."""
    try:
        return {"q0": q0, "q": qmu, "qtilde": qmu_tilde}[name]
    except KeyError:
        raise InvalidTestStatistic from None
