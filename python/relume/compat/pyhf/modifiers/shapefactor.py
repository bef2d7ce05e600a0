# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A free factor per bin. Channels that share it are matched bin by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..exceptions import InvalidModel
from .dense import PerBinApplier, TableBuilder, per_bin


class shapefactor_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        return per_bin("unconstrained", len(nominal), 0.0, False)


class shapefactor_combined(PerBinApplier):  # noqa: N801 (the name is part of the interface)
    name = "shapefactor"

    def connect(self, row: np.ndarray, where: np.ndarray, parameters: np.ndarray) -> None:
        begin = 0
        for n_bins in self.channel_bins:
            if where[begin : begin + n_bins].any():
                if n_bins > len(parameters):
                    # Differs from pyhf: it multiplies the surplus bins with the first parameter of the model, whatever that is.
                    raise InvalidModel(f"a shapefactor of {len(parameters)} components is shared with a channel of {n_bins} bins")
                row[begin : begin + n_bins] = parameters[:n_bins]
            begin += n_bins
