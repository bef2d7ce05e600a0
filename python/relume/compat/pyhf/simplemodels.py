# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Small models: one channel, a signal scaled by "mu", one background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .pdf import Model

__all__ = ["correlated_background", "uncorrelated_background"]


def __dir__() -> list[str]:
    return __all__


def _two_samples(channel: str, signal: Sequence[float], bkg: Sequence[float], uncertainty: dict[str, Any], batch_size: int | None,
                 validate: bool) -> Model:
    signal_strength = {"name": "mu", "type": "normfactor", "data": None}
    samples = [{"name": "signal", "data": signal, "modifiers": [signal_strength]}, {"name": "background", "data": bkg, "modifiers": [uncertainty]}]
    return Model({"channels": [{"name": channel, "samples": samples}]}, batch_size=batch_size, validate=validate)


def correlated_background(signal: Sequence[float], bkg: Sequence[float], bkg_up: Sequence[float], bkg_down: Sequence[float],
                          batch_size: int | None = None, validate: bool = True) -> Model:
    """A background that varies between `bkg_down` and `bkg_up` in all bins at once."""
    uncertainty = {"name": "correlated_bkg_uncertainty", "type": "histosys", "data": {"hi_data": bkg_up, "lo_data": bkg_down}}
    return _two_samples("single_channel", signal, bkg, uncertainty, batch_size, validate)


def uncorrelated_background(signal: Sequence[float], bkg: Sequence[float], bkg_uncertainty: Sequence[float], batch_size: int | None = None,
                            validate: bool = True) -> Model:
    """A background with an uncertainty of its own in each bin."""
    uncertainty = {"name": "uncorr_bkguncrt", "type": "shapesys", "data": bkg_uncertainty}
    return _two_samples("singlechannel", signal, bkg, uncertainty, batch_size, validate)
