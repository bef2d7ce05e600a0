# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""p-values from asymptotic formulas or from toys."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor.state import get_backend
from .mle import fixed_poi_fit, given
from .test_statistics import get_test_stat

log = logging.getLogger("pyhf.infer.calculators")

__all__ = ["AsymptoticCalculator", "AsymptoticTestStatDistribution", "EmpiricalDistribution", "ToyCalculator", "generate_asimov_data"]

#: Normal quantiles of the expected band, in percent.
_BAND_PERCENTILES = (2.27501319, 15.86552539, 50.0, 84.13447461, 97.72498681)


def __dir__() -> list[str]:
    return __all__


def _background_poi(test_stat: str) -> float:
    """Signal strength of the hypothesis that expected results are computed for."""
    return 1.0 if test_stat == "q0" else 0.0


def generate_asimov_data(asimov_mu: float, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any,
                         return_fitted_pars: bool = False) -> Any:
    """Expected data at `asimov_mu`, all other parameters fitted to `data`; with `return_fitted_pars` the parameters too."""
    parameters = fixed_poi_fit(asimov_mu, data, pdf, init_pars, par_bounds, fixed_params)
    asimov = pdf.expected_data(parameters)
    return (asimov, parameters) if return_fitted_pars else asimov


class AsymptoticTestStatDistribution:
    """A normal distribution around `shift` of the best fit in units of its uncertainty; nothing lies below `cutoff`."""

    def __init__(self, shift: Any, cutoff: Any = float("-inf")) -> None:
        self.shift, self.cutoff = shift, cutoff

    def cdf(self, value: Any) -> Any:
        return get_backend()[0].normal_cdf(value - self.shift)

    def pvalue(self, value: Any) -> Any:
        """NaN below the cutoff."""
        return np.where(np.asarray(value >= self.cutoff), get_backend()[0].normal_cdf(-(value - self.shift)), np.nan)

    def expected_value(self, nsigma: Any) -> Any:
        return np.where(np.asarray(self.shift + nsigma > self.cutoff), self.shift + nsigma, self.cutoff)


@dataclass(frozen=True)
class HypoTestFitResults:
    """Parameters of the fits behind a test."""

    asimov_pars: Any
    free_fit_to_data: Any
    free_fit_to_asimov: Any
    fixed_poi_fit_to_data: Any
    fixed_poi_fit_to_asimov: Any


class _Calculator:
    def __init__(self, data: Any, pdf: Any, init_pars: Any, par_bounds: Any, fixed_params: Any, test_stat: str) -> None:
        self.data, self.pdf, self.test_stat = data, pdf, test_stat
        self.init_pars = given(init_pars, pdf.config.suggested_init())
        self.par_bounds = given(par_bounds, pdf.config.suggested_bounds())
        self.fixed_params = given(fixed_params, pdf.config.suggested_fixed())

    @property
    def _fit_options(self) -> tuple:
        return self.pdf, self.init_pars, self.par_bounds, self.fixed_params

    def pvalues(self, teststat: Any, sig_plus_bkg_distribution: Any, bkg_only_distribution: Any) -> tuple:
        """CLs+b, CLb and their ratio CLs."""
        clsb, clb = sig_plus_bkg_distribution.pvalue(teststat), bkg_only_distribution.pvalue(teststat)
        with np.errstate(divide="ignore", invalid="ignore"):
            return clsb, clb, np.asarray(clsb / clb)


class AsymptoticCalculator(_Calculator):
    """Asymptotic formulas; `calc_base_dist`: "normal", or "clipped_normal" which knows no test statistic below that of mu-hat = 0."""

    def __init__(self, data: Any, pdf: Any, init_pars: Any = None, par_bounds: Any = None, fixed_params: Any = None, test_stat: str = "qtilde",
                 calc_base_dist: str = "normal") -> None:
        super().__init__(data, pdf, init_pars, par_bounds, fixed_params, test_stat)
        self.calc_base_dist = calc_base_dist
        self.sqrtqmuA_v = None
        self.fitted_pars = None

    def distributions(self, poi_test: Any) -> tuple[AsymptoticTestStatDistribution, AsymptoticTestStatDistribution]:
        """Of signal plus background and of background; after `teststatistic`."""
        if self.sqrtqmuA_v is None:
            raise RuntimeError("need to call .teststatistic(poi_test) first")
        if self.calc_base_dist not in ("normal", "clipped_normal"):
            raise ValueError(f"unknown base distribution for asymptotics {self.calc_base_dist}")
        cutoff = float("-inf") if self.calc_base_dist == "normal" else -self.sqrtqmuA_v
        return AsymptoticTestStatDistribution(-self.sqrtqmuA_v, cutoff), AsymptoticTestStatDistribution(0.0, cutoff)

    def teststatistic(self, poi_test: Any) -> np.ndarray:
        """In units of the uncertainty of mu-hat: zero where the data are the expected ones."""
        statistic = get_test_stat(self.test_stat)
        q, (at_mu, best) = statistic(poi_test, self.data, *self._fit_options, return_fitted_pars=True)
        asimov, asimov_pars = generate_asimov_data(_background_poi(self.test_stat), self.data, *self._fit_options, return_fitted_pars=True)
        q_asimov, (at_mu_asimov, best_asimov) = statistic(poi_test, asimov, *self._fit_options, return_fitted_pars=True)
        self.sqrtqmuA_v = np.sqrt(q_asimov)
        self.fitted_pars = HypoTestFitResults(asimov_pars=asimov_pars, free_fit_to_data=best, free_fit_to_asimov=best_asimov,
                                              fixed_poi_fit_to_data=at_mu, fixed_poi_fit_to_asimov=at_mu_asimov)
        root, root_asimov = np.sqrt(q), self.sqrtqmuA_v
        # Differs from pyhf: without sensitivity (root_asimov = 0) the first formula is used, where 0.7.6 divides by zero.
        if self.test_stat in ("q", "q0") or root <= root_asimov or root_asimov == 0.0:
            return np.asarray(root - root_asimov)
        return np.asarray((q - q_asimov) / (2.0 * root_asimov))

    def expected_pvalues(self, sig_plus_bkg_distribution: Any, bkg_only_distribution: Any) -> list[list]:
        """CLs+b, CLb and CLs, each for the five points of the band, ascending."""
        points = [bkg_only_distribution.expected_value(n) for n in (2, 1, 0, -1, -2)]
        return [list(column) for column in zip(*(self.pvalues(t, sig_plus_bkg_distribution, bkg_only_distribution) for t in points), strict=True)]


class EmpiricalDistribution:
    """The values that toys gave."""

    def __init__(self, samples: Any) -> None:
        self.samples = np.ravel(samples)

    def pvalue(self, value: Any) -> np.ndarray:
        return np.asarray(np.count_nonzero(self.samples >= value) / self.samples.shape[0])

    def expected_value(self, nsigma: Any) -> Any:
        tensorlib, _ = get_backend()
        return tensorlib.percentile(self.samples, tensorlib.normal_cdf(nsigma) * 100, interpolation="linear")


class ToyCalculator(_Calculator):
    """`ntoys` toys of each hypothesis, drawn from numpy's global generator in pyhf's order."""

    def __init__(self, data: Any, pdf: Any, init_pars: Any = None, par_bounds: Any = None, fixed_params: Any = None, test_stat: str = "qtilde",
                 ntoys: int = 2000, track_progress: bool = True) -> None:
        super().__init__(data, pdf, init_pars, par_bounds, fixed_params, test_stat)
        self.ntoys, self.track_progress = ntoys, track_progress

    def _toys(self, poi: float) -> np.ndarray:
        parameters = fixed_poi_fit(poi, self.data, *self._fit_options)
        return self.pdf.make_pdf(parameters).sample((self.ntoys,))

    def _statistics(self, poi_test: Any, toys: Any, name: str, track_progress: bool) -> EmpiricalDistribution:
        statistic = get_test_stat(self.test_stat)
        shown: Iterable = toys
        if track_progress:
            import tqdm

            shown = tqdm.tqdm(toys, total=self.ntoys, leave=False, unit="toy", desc=name)
        return EmpiricalDistribution([statistic(poi_test, toy, *self._fit_options) for toy in shown])

    def distributions(self, poi_test: Any, track_progress: bool | None = None) -> tuple[EmpiricalDistribution, EmpiricalDistribution]:
        """Of signal plus background and of background."""
        show = self.track_progress if track_progress is None else track_progress
        signal, background = self._toys(poi_test), self._toys(_background_poi(self.test_stat))
        return self._statistics(poi_test, signal, "Signal-like", show), self._statistics(poi_test, background, "Background-like", show)

    def expected_pvalues(self, sig_plus_bkg_distribution: Any, bkg_only_distribution: Any) -> list[list]:
        """Percentiles of the p-values of the background toys."""
        found = np.asarray([self.pvalues(t, sig_plus_bkg_distribution, bkg_only_distribution) for t in bkg_only_distribution.samples])
        return [[np.asarray(p) for p in band] for band in np.percentile(found, _BAND_PERCENTILES, axis=0).T]

    def teststatistic(self, poi_test: Any) -> Any:
        return get_test_stat(self.test_stat)(poi_test, self.data, *self._fit_options)
