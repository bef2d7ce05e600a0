# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model predicts in every bin, by sample, with its uncertainty."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import OptionError, Problem, UnknownNameError
from ..model import Channel, Model
from ..results import FitResult


_REST = "Other"  # what small samples are added up as


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Bins of the chosen channels side by side."""

    channels: list[Channel]
    bins: np.ndarray  #: shape (n_bins,), places in the main data
    samples: dict[str, np.ndarray]  #: by label, each of shape (n_bins,), smallest first and signal last
    signals: set[str]  #: labels of samples that the parameter of interest scales
    ranking: list[str]  #: labels of all backgrounds of the model, largest first: the same for every choice of channels and every fit
    total: np.ndarray  #: shape (n_bins,)


def parameters_of(model: Model, fit: FitResult | None) -> np.ndarray:
    """Where the prediction is taken: the fitted values, or the initial ones."""
    if fit is None:
        return model.initial
    if fit.names != model.parameter_names:
        raise OptionError([Problem("option", "fit", "the fit is of another model: its parameters are different", "")])
    return fit.values


def predict(model: Model, parameters: np.ndarray, channels: Sequence[str] | str | None, names: Mapping[str, str], max_samples: int) -> Prediction:
    """`names`: labels of samples; samples with the same label are added. Small ones beyond `max_samples` become "Other"."""
    chosen = _channels(model, channels)
    ranking, signals = _ranking(model, names)
    kept = {*ranking[: max(1, max_samples - 1 - len(signals))], *signals} if len(ranking) + len(signals) > max_samples else {*ranking, *signals}
    yields = model.expected_yields(parameters)
    bins = np.concatenate([np.arange(c.first_bin, c.first_bin + c.n_bins) for c in chosen])
    samples: dict[str, np.ndarray] = {}
    at = 0
    for channel in chosen:
        for sample, values in yields[channel.name].items():
            label = names.get(sample, sample)
            samples.setdefault(label if label in kept else _REST, np.zeros(len(bins)))[at : at + channel.n_bins] += values
        at += channel.n_bins
    total = np.sum(list(samples.values()), axis=0)
    ranking = [s for s in ranking if s in kept] + [_REST] * any(s not in kept for s in ranking)
    order = [s for s in [*ranking[::-1], *sorted(signals)] if s in samples and np.any(samples[s] != 0)]
    return Prediction(chosen, bins, {s: samples[s] for s in order}, signals, ranking, total)


def _ranking(model: Model, names: Mapping[str, str]) -> tuple[list[str], set[str]]:
    """Labels of the backgrounds, largest first, and of the signals: samples that the parameter of interest multiplies."""
    signals = {names.get(sample["name"], sample["name"]) for channel in model.workspace.to_dict()["channels"] for sample in channel["samples"]
               if any(m["name"] == model.poi and m["type"] == "normfactor" for m in sample["modifiers"])}
    sums: dict[str, float] = {}
    for by_sample in model.expected_yields(model.initial).values():
        for sample, values in by_sample.items():
            label = names.get(sample, sample)
            sums[label] = sums.get(label, 0.0) + float(values.sum())
    return sorted((s for s in sums if s not in signals), key=lambda s: -sums[s]), signals & sums.keys()


def uncertainty(model: Model, fit: FitResult | None, bins: np.ndarray) -> np.ndarray:
    """Standard deviation of the total in every bin, shape (len(bins),).

    Linear propagation of the covariance of the fit, or, before one, of what the constraints say (parameters without constraint
    are then held). Derivatives are half the difference between one sigma up and down, so that a parameter whose effect is
    not linear counts with what it does within its uncertainty; steps end at the bounds.
    """
    centre = parameters_of(model, fit)
    if fit is None:
        covariance = np.diag(model.prefit_sigma**2)
    elif fit.covariance is None:
        raise OptionError([Problem("option", "fit", "the band needs the covariance matrix", "relume.fit(model, covariance=True), or band=False")])
    else:
        covariance = fit.covariance
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0))
    moving = np.flatnonzero(sigma > 0)
    slopes = np.zeros((len(moving), len(bins)))
    low, high = model.bounds.T
    for row, i in enumerate(moving):
        up, down = centre.copy(), centre.copy()
        up[i], down[i] = min(centre[i] + sigma[i], high[i]), max(centre[i] - sigma[i], low[i])
        slopes[row] = (model.expected_data(up)[bins] - model.expected_data(down)[bins]) / (up[i] - down[i])
    variance = np.einsum("ib,ij,jb->b", slopes, covariance[np.ix_(moving, moving)], slopes, optimize=True)
    return np.sqrt(np.maximum(variance, 0))


def poisson_interval(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lengths of the central 68.3% interval below and above observed counts, each of shape (n,).

    Garwood's interval by the Wilson-Hilferty approximation of chi-squared quantiles (Proc. Natl. Acad. Sci. 17 (1931) 684),
    which is within 1% of it: less than the width of a line.
    """
    n = np.maximum(counts, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(n > 0, n * (1 - 1 / (9 * n) - 1 / (3 * np.sqrt(n))) ** 3, 0.0)
    upper = (n + 1) * (1 - 1 / (9 * (n + 1)) + 1 / (3 * np.sqrt(n + 1))) ** 3
    return n - lower, upper - n


def _channels(model: Model, names: Sequence[str] | None) -> list[Channel]:
    every = {c.name: c for c in model.channels}
    names = list(every) if names is None else [names] if isinstance(names, str) else list(names)
    unknown = [n for n in names if n not in every]
    if unknown or not names:
        raise UnknownNameError([Problem("reference", n, f"no channel is called {n!r}", f"there are {', '.join(every)}") for n in unknown or ["channels"]])
    return [every[n] for n in names]
