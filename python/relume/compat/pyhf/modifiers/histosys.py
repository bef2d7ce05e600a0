# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A histogram interpolated between down and up, correlated over its bins; what it changes is added to the nominal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import interpolators
from .dense import TableApplier, TableBuilder, scalar_normal


class histosys_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    columns = ("lo_data", "nom_data", "hi_data")

    def values(self, modifier: Mapping[str, Any] | None, nominal: Sequence[float]) -> tuple[Sequence[float], ...]:
        data = modifier["data"] if modifier else {"lo_data": nominal, "hi_data": nominal}
        return data["lo_data"], nominal, data["hi_data"]

    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        return scalar_normal()


class histosys_combined(TableApplier):  # noqa: N801 (the name is part of the interface)
    name = "histosys"
    op_code = "addition"
    neutral = 0.0

    def __init__(self, modifiers: Any, pdfconfig: Any, builder_data: Any, interpcode: str = "code0", batch_size: int | None = None) -> None:
        assert interpcode in ("code0", "code2", "code4p")
        self.interpcode = interpcode
        super().__init__(modifiers, pdfconfig, builder_data, batch_size)

    def prepare(self) -> None:
        if self.names:
            histograms = np.concatenate([self.table(column) for column in histosys_builder.columns], axis=2)
            self.interpolator = getattr(interpolators, self.interpcode)(histograms)

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        return self.interpolator(self.scalars(parameters))
