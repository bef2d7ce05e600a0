# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Distributions that know their log density, their expected data, and how to draw toys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .tensor.state import get_backend

__all__ = ["Independent", "Normal", "Poisson", "Simultaneous"]


def __dir__() -> list[str]:
    return __all__


class _Distribution:
    """Passes everything on to `_pdf`."""

    _pdf: Any

    def log_prob(self, value: Any) -> Any:
        return self._pdf.log_prob(value)

    def expected_data(self) -> Any:
        return self._pdf.expected_data()

    def sample(self, sample_shape: tuple = ()) -> Any:
        return self._pdf.sample(sample_shape)


class Poisson(_Distribution):
    """Counts, or real numbers, around `rate`."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate
        self._pdf = get_backend()[0].poisson_dist(rate)

    def expected_data(self) -> Any:
        return self.rate


class Normal(_Distribution):
    """Numbers around `loc` with standard deviation `scale`."""

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = loc, scale
        self._pdf = get_backend()[0].normal_dist(loc, scale)

    def expected_data(self) -> Any:
        return self.loc


class Independent(_Distribution):
    """A distribution whose last axis are independent components of one datum."""

    def __init__(self, batched_pdf: Any, batch_size: int | None = None) -> None:
        self.batch_size = batch_size
        self._pdf = batched_pdf

    def log_prob(self, value: Any) -> Any:
        return np.sum(super().log_prob(value), axis=-1)


class Simultaneous:
    """Several distributions side by side; `tensorview` says which part of the data is whose."""

    def __init__(self, pdfobjs: Sequence[Any], tensorview: Any, batch_size: int | None = None) -> None:
        self.tv = tensorview
        self._pdfobjs = pdfobjs
        self.batch_size = batch_size

    def __iter__(self) -> Iterator:
        return iter(self._pdfobjs)

    def __getitem__(self, index: int) -> Any:
        return self._pdfobjs[index]

    def expected_data(self) -> Any:
        return self.tv.stitch([pdf.expected_data() for pdf in self])

    def sample(self, sample_shape: tuple = ()) -> Any:
        return self.tv.stitch([pdf.sample(sample_shape) for pdf in self])

    def log_prob(self, value: Any) -> Any:
        terms = [pdf.log_prob(part) for pdf, part in zip(self, self.tv.split(value), strict=False)]
        return self._joint_logpdf(terms, batch_size=self.batch_size)

    @staticmethod
    def _joint_logpdf(terms: Sequence[Any], batch_size: int | None = None) -> Any:
        return terms[0] if len(terms) == 1 else np.sum(np.stack(terms), axis=0)
