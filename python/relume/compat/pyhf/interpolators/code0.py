# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Piecewise linear, additive."""

from __future__ import annotations

import numpy as np

from .histograms import Interpolator

__all__ = ["code0"]


class code0(Interpolator):  # noqa: N801 (the name is part of the interface)
    """alpha (up - nominal) above zero, alpha (nominal - down) below."""

    def between(self, alpha: np.ndarray) -> np.ndarray:
        return alpha * np.where(alpha > 0.0, self.up - self.nominal, self.nominal - self.down)
