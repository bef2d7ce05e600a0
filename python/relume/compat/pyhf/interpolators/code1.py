# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Piecewise exponential, multiplicative."""

from __future__ import annotations

import numpy as np

from .histograms import Interpolator

__all__ = ["code1"]


class code1(Interpolator):  # noqa: N801 (the name is part of the interface)
    """(up/nominal)^alpha above zero, (down/nominal)^-alpha below."""

    def prepare(self) -> None:
        with np.errstate(all="ignore"):
            self.up_ratio, self.down_ratio = self.up / self.nominal, self.down / self.nominal

    def between(self, alpha: np.ndarray) -> np.ndarray:
        return np.power(np.where(alpha > 0.0, self.up_ratio, self.down_ratio), np.abs(alpha))
