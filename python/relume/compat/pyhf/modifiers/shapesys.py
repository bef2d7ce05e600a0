# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A factor per bin with a Poisson constraint: the statistical uncertainty of a control measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .dense import PerBinApplier, TableBuilder, per_bin


class shapesys_builder(TableBuilder):  # noqa: N801 (the name is part of the interface)
    is_shared = False
    columns = ("uncrt",)

    def values(self, modifier: Mapping[str, Any] | None, nominal: Sequence[float]) -> tuple[Sequence[float], ...]:
        return (modifier["data"] if modifier else [0.0] * len(nominal),)

    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any]:
        # (nominal / uncertainty)^2 events of the control measurement; where either is not positive, a parameter held at 1 with a term of 1 event.
        usable = [n > 0 and u > 0 for n, u in zip(nominal, modifier["data"], strict=True)]
        events = tuple(n**2 / u**2 if ok else 1.0 for ok, n, u in zip(usable, nominal, modifier["data"], strict=True))
        return per_bin("constrained_by_poisson", len(events), 1e-10, tuple(not ok for ok in usable), auxdata=events, factors=events)


class shapesys_combined(PerBinApplier):  # noqa: N801 (the name is part of the interface)
    name = "shapesys"
