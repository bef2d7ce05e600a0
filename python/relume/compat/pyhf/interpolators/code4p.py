# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Linear beyond one sigma with a smooth polynomial between, additive."""

from __future__ import annotations

import numpy as np

from .histograms import Interpolator

__all__ = ["code4p"]


class code4p(Interpolator):  # noqa: N801 (the name is part of the interface)
    """alpha (up - nominal) above 1, alpha (nominal - down) below -1; between, alpha S + A (15 alpha^2 - 10 alpha^4 + 3 alpha^6)."""

    def prepare(self) -> None:
        self.rise, self.fall = self.up - self.nominal, self.nominal - self.down
        self.slope, self.bend = 0.5 * (self.rise + self.fall), (self.rise - self.fall) / 16.0

    def between(self, alpha: np.ndarray) -> np.ndarray:
        square = alpha * alpha
        inside = alpha * self.slope + self.bend * square * (15.0 + square * (3.0 * square - 10.0))
        return np.where(alpha > 1.0, alpha * self.rise, np.where(alpha < -1.0, alpha * self.fall, inside))
