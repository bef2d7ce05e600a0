# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Calculators and test statistics by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .calculators import AsymptoticCalculator, ToyCalculator
from .test_statistics import get_test_stat

__all__ = ["create_calculator", "get_test_stat"]


def __dir__() -> list[str]:
    return __all__


def all_pois_floating(pdf: Any, fixed_params: Sequence[bool]) -> bool:
    return not fixed_params[pdf.config.poi_index]


def create_calculator(calctype: str, *args: Any, **kwargs: Any) -> Any:
    """`calctype`: "asymptotics" or "toybased"; KeyError for anything else."""
    return {"asymptotics": AsymptoticCalculator, "toybased": ToyCalculator}[calctype](*args, **kwargs)
