# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The luminosity: a factor on the whole sample, with a normal constraint that the measurement configures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .dense import TableApplier, TableBuilder


class lumi_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        return {"paramset_type": "constrained_by_normal", "n_parameters": 1, "is_scalar": True, "inits": None, "bounds": None, "fixed": False,
                "auxdata": None, "sigmas": None}


class lumi_combined(TableApplier):  # noqa: N801 (the name is part of the interface)
    name = "lumi"

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        return self.scalars(parameters)[:, np.newaxis, :, np.newaxis]
