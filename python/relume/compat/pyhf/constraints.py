# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The auxiliary measurements of a model: all normal ones as one distribution, all Poisson ones as another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import probability as prob
from .parameters import ParamViewer

__all__ = ["gaussian_constraint_combined", "poisson_constraint_combined"]


def __dir__() -> list[str]:
    return __all__


class _Combined:
    """The constraint terms of one kind; positions of their parameters and of their auxiliary data."""

    kind = ""

    def __init__(self, pdfconfig: Any, batch_size: int | None = None) -> None:
        self.batch_size = batch_size
        names = [n for n in pdfconfig.auxdata_order if pdfconfig.param_set(n).pdf_type == self.kind]
        self.param_viewer = ParamViewer((batch_size or 1, pdfconfig.npars), pdfconfig.par_map, names)
        self.parsets = [pdfconfig.param_set(name) for name in pdfconfig.auxdata_order]
        self._columns = [i for n in names for i in range(pdfconfig.par_slice(n).start, pdfconfig.par_slice(n).stop)]
        begin = np.cumsum([0, *(p.n_parameters for p in self.parsets)])
        self._positions = [i for b, p in zip(begin[:-1], self.parsets, strict=True) if p.pdf_type == self.kind for i in range(b, b + p.n_parameters)]
        if names:
            self.prepare([pdfconfig.param_set(name) for name in names])
        self._built = self.widths()

    def prepare(self, sets: Sequence[Any]) -> None:
        """What can be computed once."""

    def widths(self) -> bytes:
        """Those of all terms, to compare with later."""
        return b""

    def is_as_built(self) -> bool:
        """Whether nobody has replaced the widths since, or the distribution."""
        return "make_pdf" not in vars(self) and self.widths() == self._built

    def has_pdf(self) -> bool:
        return bool(self._columns)

    def parameters(self, pars: Any) -> np.ndarray:
        """Those with a constraint of this kind, shape (n,) or (batch, n)."""
        chosen = np.asarray(pars, dtype=np.float64).reshape(self.batch_size or 1, -1)[:, self._columns]
        return chosen if self.batch_size else chosen[0]

    def make_pdf(self, pars: Any) -> Any:
        raise NotImplementedError

    def logpdf(self, auxdata: Any, pars: Any) -> Any:
        pdf = self.make_pdf(pars)
        if pdf is None:
            return np.zeros(self.batch_size) if self.batch_size else np.float64(0.0)
        return pdf.log_prob(np.asarray(auxdata)[..., self._positions])


class gaussian_constraint_combined(_Combined):  # noqa: N801 (the name is part of the interface)
    kind = "normal"
    _normal_data = None

    def prepare(self, sets: Sequence[Any]) -> None:
        self._normal_data = self.normal_data = np.asarray(self._positions, dtype=np.int64)
        self.sigmas = np.concatenate([s.width() for s in sets])
        if self.batch_size:
            self.sigmas = np.tile(self.sigmas, (self.batch_size, 1))

    def widths(self) -> bytes:
        return np.asarray(self.sigmas).tobytes() if self.has_pdf() else b""

    def make_pdf(self, pars: Any) -> Any:
        return prob.Independent(prob.Normal(self.parameters(pars), self.sigmas), batch_size=self.batch_size) if self.has_pdf() else None


class poisson_constraint_combined(_Combined):  # noqa: N801 (the name is part of the interface)
    """`batched_factors` is there only when there are Poisson terms; callers rely on the AttributeError."""

    kind = "poisson"
    _poisson_data = None

    def prepare(self, sets: Sequence[Any]) -> None:
        self._poisson_data = self.poisson_data = np.asarray(self._positions, dtype=np.int64)
        self.batched_factors = np.tile(np.concatenate([s.factors for s in sets]).astype(np.float64), (self.batch_size or 1, 1))

    def widths(self) -> bytes:
        return np.asarray(self.batched_factors).tobytes() if self.has_pdf() else b""

    def make_pdf(self, pars: Any) -> Any:
        if not self.has_pdf():
            return None
        factors = self.batched_factors if self.batch_size else self.batched_factors[0]
        return prob.Independent(prob.Poisson(self.parameters(pars) * factors), batch_size=self.batch_size)
