# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Results from what the command line printed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arguments import refuse
from ..contours import Contours, ProfileGrid
from ..results import ProfileScan, ToySample, ToyTest


def _numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def scan_from(document: Any) -> ProfileScan | ProfileGrid:
    """What `relume scan` printed, of one parameter or of two."""
    try:
        points = document["points"]
        heights = _numbers([p["twice_delta_nll"] for p in points])
        if "parameter" in document:
            return ProfileScan(document, _numbers([p["value"] for p in points]), heights)
        x, y = (np.array(list(dict.fromkeys(p["values"][axis] for p in points))) for axis in (0, 1))
        return ProfileGrid(document, x, y, heights.reshape(len(x), len(y)))
    except (KeyError, TypeError, ValueError, IndexError):
        refuse("input", "this is not what `relume scan` prints")


def contours_from(document: Any) -> Contours:
    """What `relume contour` printed."""
    try:
        result = Contours(document)
        if len(result.parameters) == 2 and isinstance(result.contours, list) and result.status:
            return result
    except (KeyError, TypeError, AttributeError):
        pass
    refuse("input", "this is not what `relume contour` prints")


def toys_from(document: Any) -> ToyTest:
    """What `relume toys --values` printed."""
    try:
        tested, alternative = (ToySample(s["true_poi"], _numbers(s["q"])) for s in (document["toys"]["tested"], document["toys"]["alternative"]))
        return ToyTest(document, tested, alternative)
    except (KeyError, TypeError, ValueError):
        refuse("input", "this is not what `relume toys --values` prints")
