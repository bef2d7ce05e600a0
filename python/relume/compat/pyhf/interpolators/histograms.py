# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What all interpolation codes share: the histograms, and alphas spread out to the shape of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np


class Interpolator:
    """Calls `between(alpha)` with alphas of shape (n_sets, 1, n_alpha, 1), against histograms of shape (n_sets, n_histos, 1, n_bins)."""

    def __init__(self, histogramssets: Any, subscribe: bool = True) -> None:
        histograms = np.asarray(histogramssets, dtype=np.float64)
        self.alphasets_shape = (histograms.shape[0], 1)
        self.down, self.nominal, self.up = (histograms[:, :, i, np.newaxis, :] for i in range(3))
        self.prepare()

    def prepare(self) -> None:
        """What can be computed once."""

    def between(self, alpha: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def __call__(self, alphasets: Any) -> np.ndarray:
        # Powers of ratios with a zero nominal, or of negative ratios, are computed for every code and alpha and only used where they make sense.
        with np.errstate(all="ignore"):
            return self.between(np.asarray(alphasets, dtype=np.float64)[:, np.newaxis, :, np.newaxis])
