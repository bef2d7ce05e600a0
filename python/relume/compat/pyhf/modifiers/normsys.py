# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A factor on the whole sample, interpolated between down and up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import interpolators
from .dense import TableApplier, TableBuilder, scalar_normal


class normsys_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    columns = ("lo", "hi")

    def values(self, modifier: Mapping[str, Any] | None, nominal: Sequence[float]) -> tuple[Sequence[float], ...]:
        data = modifier["data"] if modifier else {"lo": 1.0, "hi": 1.0}
        return [data["lo"]] * len(nominal), [data["hi"]] * len(nominal)

    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        return scalar_normal()


class normsys_combined(TableApplier):  # noqa: N801 (the name is part of the interface)
    name = "normsys"

    def __init__(self, modifiers: Any, pdfconfig: Any, builder_data: Any, interpcode: str = "code1", batch_size: int | None = None) -> None:
        assert interpcode in ("code1", "code4")
        self.interpcode = interpcode
        super().__init__(modifiers, pdfconfig, builder_data, batch_size)

    def prepare(self) -> None:
        if self.names:
            low, high = self.table("lo"), self.table("hi")
            self.interpolator = getattr(interpolators, self.interpcode)(np.concatenate([low, np.ones_like(low), high], axis=2))

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        return self.interpolator(self.scalars(parameters))
