# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model predicts in every bin, by sample, with its uncertainty."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import OptionError, Problem, UnknownNameError
from ..model import Channel, Model
from ..results import FitResult
from ..yields import yields


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
    chosen = _chosen(model.channels, channels)
    ranking, signals = _ranking(model, names)
    return _stacked(chosen, model.expected_yields(parameters), ranking, signals, names, max_samples)


def _stacked(chosen: list[Channel], yields_of: Mapping[str, Mapping[str, np.ndarray]], ranking: list[str], signals: set[str], names: Mapping[str, str],
             max_samples: int) -> Prediction:
    kept = {*ranking[: max(1, max_samples - 1 - len(signals))], *signals} if len(ranking) + len(signals) > max_samples else {*ranking, *signals}
    bins = np.concatenate([np.arange(c.first_bin, c.first_bin + c.n_bins) for c in chosen])
    samples: dict[str, np.ndarray] = {}
    at = 0
    for channel in chosen:
        for sample, values in yields_of[channel.name].items():
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
    """Standard deviation of the total in every bin, shape (len(bins),): that of `relume.yields`."""
    parameters_of(model, fit)
    if fit is not None and fit.covariance is None:
        raise OptionError([Problem("option", "fit", "the band needs the covariance matrix", "relume.fit(model, covariance=True), or band=False")])
    return np.concatenate([channel.total.uncertainties for channel in yields(model, fit).values()])[bins]


def prediction_of(document: Mapping[str, Any], channels: Sequence[str] | str | None, names: Mapping[str, str],
                  max_samples: int) -> tuple[Prediction, np.ndarray, np.ndarray]:
    """Prediction, standard deviation of its total and data of the document of `relume yields`; data that are not shown are NaN."""
    first = np.cumsum([0] + [len(c["total"]["yields"]) for c in document["channels"]])
    every = [Channel(c["name"], int(at), len(c["total"]["yields"]), tuple(s["name"] for s in c["samples"]))
             for c, at in zip(document["channels"], first, strict=False)]
    chosen = _chosen(every, channels)
    entries = {c["name"]: c for c in document["channels"]}
    signals = {names.get(s["name"], s["name"]) for s in document["samples"] if s["is_signal"]}
    sums: dict[str, float] = {}
    for s in document["samples"]:
        label = names.get(s["name"], s["name"])
        sums[label] = sums.get(label, 0.0) + s["sum"]
    ranking = sorted((s for s in sums if s not in signals), key=lambda s: -sums[s])
    prediction = _stacked(chosen, {c.name: {s["name"]: np.array(s["yields"]) for s in entries[c.name]["samples"]} for c in chosen}, ranking, signals,
                          names, max_samples)

    def joined(values: Callable[[Mapping[str, Any]], Sequence[float | None] | None]) -> np.ndarray:
        parts = [values(entries[c.name]) or [None] * c.n_bins for c in chosen]
        return np.array([np.nan if v is None else v for part in parts for v in part])

    return prediction, joined(lambda c: c["total"]["uncertainties"]), joined(lambda c: c["data"])


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


def _chosen(channels: Sequence[Channel], names: Sequence[str] | str | None) -> list[Channel]:
    every = {c.name: c for c in channels}
    names = list(every) if names is None else [names] if isinstance(names, str) else list(names)
    unknown = [n for n in names if n not in every]
    if unknown or not names:
        raise UnknownNameError([Problem("reference", n, f"no channel is called {n!r}", f"there are {', '.join(every)}") for n in unknown or ["channels"]])
    return [every[n] for n in names]
