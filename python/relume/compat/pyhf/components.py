# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The two halves of a model: the main measurement and the auxiliary ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..strictness import is_strict
from . import engine
from . import probability as prob
from .constraints import gaussian_constraint_combined, poisson_constraint_combined
from .dense import DenseRates, build
from .parameters import ParamViewer
from .tensor.common import _TensorViewer


class _MainModel:
    """Rates of the main measurement: from the engine where there is one, else from modifier appliers."""

    def __init__(self, model: Any, clips: tuple[float | None, float | None], rates: DenseRates | None) -> None:
        self.config = model.config
        self.batch_size = model.batch_size
        self.clip_sample_data, self.clip_bin_data = clips
        self._rates = rates
        self._engine = model._engine
        self._modifier_set, self._snapshot = model._modifier_set, model._snapshot
        self._cells: np.ndarray | None = None

    @property
    def rates(self) -> DenseRates:
        """The appliers; made when somebody asks for them first."""
        if self._rates is None:
            self._rates = DenseRates(*build(self._modifier_set, self.config, self._snapshot.document, self.batch_size), self.batch_size,
                                     self.clip_sample_data, self.clip_bin_data)
        return self._rates

    @property
    def modifiers_appliers(self) -> dict[str, Any]:
        return dict(self.rates.appliers)

    @property
    def nominal_rates(self) -> np.ndarray:
        """Shape (1, n_samples, n_batch or 1, n_bins). A change, in place or as a whole, takes the rates from the engine to the appliers."""
        return self.rates.nominal

    @nominal_rates.setter
    def nominal_rates(self, nominal: Any) -> None:
        self.rates.nominal = np.asarray(nominal, dtype=np.float64)

    def _has_rates_of_engine(self) -> bool:
        return self._engine is not None and (self._rates is None or self._rates.is_as_built())

    def is_as_built(self) -> bool:
        """Whether nobody has replaced what gives the rates."""
        return self._has_rates_of_engine() and engine.is_own(self, _MainModel, "expected_data", "make_pdf")

    def has_pdf(self) -> bool:
        return True

    def make_pdf(self, pars: Any) -> prob.Independent:
        return prob.Independent(prob.Poisson(self.expected_data(pars)))

    def logpdf(self, maindata: Any, pars: Any) -> Any:
        return self.make_pdf(pars).log_prob(maindata)

    def _modifications(self, pars: Any) -> tuple[list, list]:
        return self.rates.modifications(pars)

    def _engine_cells(self) -> np.ndarray:
        """Where each number of the engine's flat answer (channels, in them samples, in them bins) stands in (n_samples, n_bins)."""
        if self._cells is None:
            rows = {name: i for i, name in enumerate(self.config.samples)}
            width = self.config.nmaindata
            self._cells = np.concatenate([np.arange(first, first + n) + rows[sample] * width
                                          for _, first, n, samples in self._engine.core.channels for sample in samples])
        return self._cells

    def expected_data(self, pars: Any, return_by_sample: bool = False) -> np.ndarray:
        """Rates per bin; with `return_by_sample` per sample and bin, samples in the order of config.samples."""
        pars = np.asarray(pars, dtype=np.float64)
        if pars.shape == (self.config.npars,) and not is_strict() and self._has_rates_of_engine():
            if not return_by_sample:
                return self._engine.core.expected_data(engine.vector(pars))[: self.config.nmaindata]
            yields = np.zeros((len(self.config.samples), self.config.nmaindata))
            yields.flat[self._engine_cells()] = self._engine.core.expected_by_sample(engine.vector(pars))
            return yields if self.clip_sample_data is None else np.maximum(yields, self.clip_sample_data)
        with np.errstate(all="ignore"):
            if return_by_sample:
                by_sample = self.rates.by_sample(pars)
                return by_sample[:, 0] if self.batch_size is None else by_sample.transpose(1, 0, 2)
            total = self.rates.total(pars)
        return total[0] if self.batch_size is None else total


class _ConstraintModel:
    """The constraint terms, normal and Poisson."""

    def __init__(self, config: Any, batch_size: int | None) -> None:
        self.batch_size, self.config = batch_size, config
        self.constraints_gaussian = gaussian_constraint_combined(config, batch_size=batch_size)
        self.constraints_poisson = poisson_constraint_combined(config, batch_size=batch_size)
        self.viewer_aux = ParamViewer((batch_size or 1, config.npars), config.par_map, config.auxdata_order)
        self._kinds = kinds = (self.constraints_gaussian, self.constraints_poisson)
        parts = [part for part in (kinds[0]._normal_data, kinds[1]._poisson_data) if part is not None]
        if parts:
            self.constraints_tv = _TensorViewer(parts, batch_size)

    def is_as_built(self) -> bool:
        """Whether nobody has replaced a constraint, or its widths."""
        gaussian, poisson = self._kinds
        return (self.constraints_gaussian is gaussian and self.constraints_poisson is poisson and engine.is_own(self, _ConstraintModel, "make_pdf")
                and gaussian.is_as_built() and poisson.is_as_built())

    def has_pdf(self) -> bool:
        return self.constraints_gaussian.has_pdf() or self.constraints_poisson.has_pdf()

    def make_pdf(self, pars: Any) -> prob.Simultaneous | None:
        parts = [pdf for pdf in (self.constraints_gaussian.make_pdf(pars), self.constraints_poisson.make_pdf(pars)) if pdf is not None]
        return prob.Simultaneous(parts, self.constraints_tv, self.batch_size) if parts else None

    def logpdf(self, auxdata: Any, pars: Any) -> Any:
        return self.make_pdf(pars).log_prob(auxdata)
