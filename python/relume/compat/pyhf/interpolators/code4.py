# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Exponential beyond alpha0 with a polynomial of sixth order between, multiplicative."""

from __future__ import annotations

from typing import Any

import numpy as np

from .histograms import Interpolator

__all__ = ["code4"]

#: Coefficients of alpha .. alpha^6 from the values less 1, slopes and curvatures at (1, -1).
_FROM_ENDS = np.array([
    [15.0, -15.0, -7.0, -7.0, 1.0, -1.0],
    [24.0, 24.0, -9.0, 9.0, 1.0, 1.0],
    [-10.0, 10.0, 10.0, 10.0, -2.0, 2.0],
    [-24.0, -24.0, 14.0, -14.0, -2.0, -2.0],
    [3.0, -3.0, -3.0, -3.0, 1.0, -1.0],
    [8.0, 8.0, -5.0, 5.0, 1.0, 1.0],
]) / 16.0


class code4(Interpolator):  # noqa: N801 (the name is part of the interface)
    """Value, slope and curvature of the polynomial are those of the exponentials at +-alpha0."""

    def __init__(self, histogramssets: Any, subscribe: bool = True, alpha0: float = 1.0) -> None:
        assert alpha0 > 0.0
        self.alpha0 = alpha0
        super().__init__(histogramssets, subscribe)

    def prepare(self) -> None:
        a = self.alpha0
        with np.errstate(all="ignore"):
            self.up_ratio, self.down_ratio = self.up / self.nominal, self.down / self.nominal
            high, low = self.up_ratio**a, self.down_ratio**a
            log_up, log_down = a * np.log(self.up_ratio), a * np.log(self.down_ratio)
            # Value, slope and curvature in alpha/alpha0, at 1 and at -1.
            ends = np.stack([high - 1.0, low - 1.0, log_up * high, -log_down * low, log_up**2 * high, log_down**2 * low])
            scale = a ** -np.arange(1.0, 7.0)
            self.coefficients = np.einsum("rc,cshab->rshab", _FROM_ENDS * scale[:, np.newaxis], ends)

    def between(self, alpha: np.ndarray) -> np.ndarray:
        powers = np.stack([np.power(alpha, i) for i in range(1, 7)])
        inside = 1.0 + np.einsum("rsa,rshb->shab", powers[:, :, 0, :, 0], self.coefficients[:, :, :, 0])
        outside = np.power(np.where(alpha >= self.alpha0, self.up_ratio, self.down_ratio), np.abs(alpha))
        return np.where(np.abs(alpha) >= self.alpha0, outside, inside)
