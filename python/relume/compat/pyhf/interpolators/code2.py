# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Quadratic within one sigma, linear beyond, additive."""

from __future__ import annotations

import numpy as np

from .histograms import Interpolator

__all__ = ["code2"]


class code2(Interpolator):  # noqa: N801 (the name is part of the interface)
    """With a = (up + down)/2 - nominal, b = (up - down)/2: a alpha^2 + b alpha within, (b + 2a)(alpha - 1), (b - 2a)(alpha + 1) beyond.

    Differs from pyhf: below -1 the documented line is used; pyhf 0.7.6 goes on with the parabola there.
    """

    def prepare(self) -> None:
        self.a = 0.5 * (self.up + self.down) - self.nominal
        self.b = 0.5 * (self.up - self.down)

    def between(self, alpha: np.ndarray) -> np.ndarray:
        inside = (self.a * alpha + self.b) * alpha
        above = (self.b + 2.0 * self.a) * (alpha - 1.0)
        below = (self.b - 2.0 * self.a) * (alpha + 1.0)
        return np.where(alpha > 1.0, above, np.where(alpha < -1.0, below, inside))
