# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Views of one vector as several named parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class _TensorViewer:
    """Cuts the last axis of an array into parts (split) and puts parts together again (stitch)."""

    def __init__(self, indices: Sequence[Any], batch_size: int | None = None, names: Sequence[str] | None = None) -> None:
        self.batch_size = batch_size
        self.names = names
        self.partition_indices = [np.asarray(part, dtype=np.int64) for part in indices]
        self.sorted_indices = np.concatenate(self.partition_indices).argsort() if self.partition_indices else np.zeros(0, dtype=np.int64)
        if names:
            self.name_map = dict(zip(names, self.partition_indices, strict=True))

    def stitch(self, data: Sequence[Any]) -> np.ndarray:
        assert len(data) == len(self.partition_indices)
        return np.concatenate(data, axis=-1)[..., self.sorted_indices]

    def split(self, data: Any, selection: Sequence[str] | None = None) -> list[np.ndarray]:
        parts = self.partition_indices if selection is None else [self.name_map[name] for name in selection]
        data = np.asarray(data)
        return [data[..., part] for part in parts]


def _tensorviewer_from_slices(target_slices: Sequence[slice], names: Sequence[str], batch_size: int | None) -> _TensorViewer | None:
    if not target_slices:
        return None
    return _TensorViewer([range(s.start, s.stop) for s in target_slices], names=names, batch_size=batch_size)


def _tensorviewer_from_sizes(sizes: Sequence[int], names: Sequence[str], batch_size: int | None) -> _TensorViewer | None:
    ends = np.cumsum([0, *sizes])
    return _tensorviewer_from_slices([slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)], names, batch_size)
