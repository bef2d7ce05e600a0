# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A factor per bin with a normal constraint: the statistical uncertainty of the samples that carry it, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..exceptions import InvalidModel
from .dense import PerBinApplier, TableBuilder, per_bin


class staterror_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    columns = ("nom_data", "uncrt")

    def values(self, modifier: Mapping[str, Any] | None, nominal: Sequence[float]) -> tuple[Sequence[float], ...]:
        return nominal, modifier["data"] if modifier else [0.0] * len(nominal)

    def finalize(self) -> dict[str, dict[str, Any]]:
        super().finalize()
        for key, samples in self.builder_data.items():
            tables = [sample["data"] for sample in samples.values() if sample["data"]["mask"].any()]
            acts = tables[0]["mask"]
            name = key.partition("/")[2]
            if any((table["mask"] != acts).any() for table in tables):
                # Differs from pyhf: a bare AssertionError there.
                raise InvalidModel(f"the samples with the staterror '{name}' are not in the same channels")
            total = sum(table["nom_data"] for table in tables)[acts]
            variance = sum(table["uncrt"] ** 2 for table in tables)[acts]
            # Without events there is no relative uncertainty: the parameter is held, with a constraint of width 1.
            usable = (total > 0.0) & (variance > 0.0)
            width = np.sqrt(np.divide(variance, total**2, out=np.ones_like(total), where=usable))
            n = int(acts.sum())
            self.required_parsets.setdefault(name, [per_bin("constrained_by_normal", n, 1e-10, tuple((~usable).tolist()), auxdata=(1.0,) * n,
                                                            sigmas=tuple(width.tolist()))])
        return self.builder_data


class staterror_combined(PerBinApplier):  # noqa: N801 (the name is part of the interface)
    name = "staterror"
