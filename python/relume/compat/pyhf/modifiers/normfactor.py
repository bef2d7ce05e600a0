# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A free factor on the whole sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .dense import TableApplier, TableBuilder


class normfactor_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        return {"paramset_type": "unconstrained", "n_parameters": 1, "is_scalar": True, "inits": (1.0,), "bounds": ((0, 10),), "fixed": False}


class normfactor_combined(TableApplier):  # noqa: N801 (the name is part of the interface)
    name = "normfactor"

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        return self.scalars(parameters)[:, np.newaxis, :, np.newaxis]
