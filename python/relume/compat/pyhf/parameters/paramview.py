# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which parameters of a vector, or of a batch of vectors, a component needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["ParamViewer"]


def __dir__() -> list[str]:
    return __all__


class ParamViewer:
    """Selects parameter sets out of parameters of `shape`, (n,) or (batch, n).

    `index_selection` has, per selected set, the positions of its components in the flattened parameters, shape (size,) or (batch, size).
    `get(parameters)` returns the selected components, batch last: shape (n_selected,) or (n_selected, batch); None when nothing is selected.
    """

    def __init__(self, shape: Sequence[int], par_map: Mapping[str, Any], par_selection: Sequence[str]) -> None:
        positions = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(tuple(shape))
        self.index_selection = [positions[..., par_map[name]["slice"]] for name in par_selection]
        self.all_indices = positions
        self.stitched = self.indices_concatenated = None
        if self.index_selection:
            self.stitched = np.concatenate(self.index_selection, axis=-1)
            self.indices_concatenated = self.stitched.T if self.stitched.ndim > 1 else self.stitched

    def get(self, data: Any, indices: Any = None) -> np.ndarray | None:
        if not self.index_selection:
            return None
        return np.reshape(data, (-1,))[self.indices_concatenated if indices is None else indices]
