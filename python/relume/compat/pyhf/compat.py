# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Parameter names of ROOT's HistFactory."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["interpret_rootname", "paramset_to_rootnames"]


def __dir__() -> list[str]:
    return __all__


def paramset_to_rootnames(paramset: Any) -> str | list[str]:
    """"Lumi", "alpha_x", "x", or ["gamma_x_0", ...]."""
    if paramset.name == "lumi":
        return "Lumi"
    if not paramset.is_scalar:
        return [f"gamma_{paramset.name}_{i}" for i in range(paramset.n_parameters)]
    return f"alpha_{paramset.name}" if paramset.constrained else paramset.name


def interpret_rootname(rootname: str) -> dict[str, Any]:
    """What a name of ROOT's says: constrained, is_scalar, name, element; "n/a" for what it does not say."""
    found: dict[str, Any] = {"constrained": "n/a", "is_scalar": True, "name": rootname, "element": "n/a"}
    if rootname.startswith("gamma_"):
        match = re.fullmatch(r"gamma_(.+)_(\d+)", rootname)
        if match is None:
            raise ValueError(f"confusing rootname {rootname}. Please report as a bug.")
        return {**found, "is_scalar": False, "name": match[1], "element": int(match[2])}
    if rootname.startswith("alpha_"):
        if rootname == "alpha_":
            raise ValueError(f"confusing rootname {rootname}. Please report as a bug.")
        return {**found, "constrained": True, "name": rootname.removeprefix("alpha_")}
    return {**found, "constrained": False, "name": "lumi" if rootname == "Lumi" else rootname}
