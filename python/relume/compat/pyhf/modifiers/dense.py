# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the modifiers share: tables over all samples and bins, filled while the specification is walked, and their use.

These evaluate models that the engine does not: with custom modifiers, batches, or what the engine refuses. One type of modifier is two classes.
The builder is told of every (modifier, channel, sample) in turn, with None where the modifier does not act; what it collects goes to the applier,
which turns parameters into an array of shape (n_modifiers, n_samples, n_batch, n_bins).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..exceptions import InvalidModifier
from ..parameters import ParamViewer


class TableBuilder:
    """Collects, per modifier and sample, a mask of the bins where it acts, and `columns` of numbers, all channels one after the other."""

    is_shared = True
    #: Names of the collected columns.
    columns: tuple[str, ...] = ()

    def __init__(self, config: Any) -> None:
        self.config = config
        self.builder_data: dict[str, dict[str, Any]] = {}
        self.required_parsets: dict[str, list[dict[str, Any]]] = {}

    def values(self, modifier: Mapping[str, Any] | None, nominal: Sequence[float]) -> tuple[Sequence[float], ...]:
        """One list of numbers per column; for a channel and sample without the modifier, numbers that change nothing."""
        return ()

    def requirement(self, modifier: Mapping[str, Any], nominal: Sequence[float]) -> dict[str, Any] | None:
        """Of its parameters, as the first place where the modifier is met has it; None leaves it to `finalize`."""
        return None

    def append(self, key: str, channel: str, sample: str, thismod: Mapping[str, Any] | None, defined_samp: Mapping[str, Any] | None) -> None:
        n_bins = self.config.channel_nbins[channel]
        nominal = defined_samp["data"] if defined_samp else [0.0] * n_bins
        table = self.builder_data.setdefault(key, {}).setdefault(sample, {"data": {name: [] for name in ("mask", *self.columns)}})["data"]
        table["mask"].append(np.full(n_bins, thismod is not None))
        for name, numbers in zip(self.columns, self.values(thismod, nominal), strict=True):
            if len(numbers) != n_bins:
                kind, _, modifier = key.partition("/")
                raise InvalidModifier(f"The '{sample}' sample {kind} modifier '{modifier}' has data shape inconsistent with the sample.\n"
                                      f"{sample} has 'data' of length {n_bins} but {modifier} has '{name}' of length {len(numbers)}.")
            table[name].append(np.asarray(numbers, dtype=np.float64))
        if thismod is not None and thismod["name"] not in self.required_parsets:
            requirement = self.requirement(thismod, nominal)
            if requirement is not None:
                self.required_parsets[thismod["name"]] = [requirement]

    def finalize(self) -> dict[str, dict[str, Any]]:
        for samples in self.builder_data.values():
            for sample in samples.values():
                sample["data"] = {name: np.concatenate(parts) for name, parts in sample["data"].items()}
        return self.builder_data


class TableApplier:
    """Holds the tables of all modifiers of a type as arrays (n_modifiers, n_samples, 1, n_bins)."""

    name = ""
    op_code = "multiplication"
    #: What stands where a modifier does not act.
    neutral = 1.0

    def __init__(self, modifiers: Sequence[tuple[str, str]], pdfconfig: Any, builder_data: Mapping[str, Any], batch_size: int | None = None) -> None:
        self.batch_size = batch_size
        self.n_parameters = pdfconfig.npars
        self.names = [name for name, _ in modifiers]
        self.slices = [pdfconfig.par_slice(name) for name in self.names]
        self.param_viewer = ParamViewer((batch_size or 1, pdfconfig.npars), pdfconfig.par_map, self.names)
        self._data, self._samples = builder_data, pdfconfig.samples
        self.channel_bins = list(pdfconfig.channel_nbins.values())
        self.mask = self.table("mask")
        self.prepare()

    def table(self, column: str) -> np.ndarray:
        keys = [f"{self.name}/{name}" for name in self.names]
        return np.asarray([[[self._data[key][sample]["data"][column]] for sample in self._samples] for key in keys])

    def prepare(self) -> None:
        """What can be computed once."""

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        """For parameters of shape (n_batch, n_parameters), what broadcasts to (n_modifiers, n_samples, n_batch, n_bins)."""
        raise NotImplementedError

    def scalars(self, parameters: np.ndarray) -> np.ndarray:
        """Values of one-component sets, shape (n_modifiers, n_batch)."""
        return parameters[:, [s.start for s in self.slices]].T

    def apply(self, pars: Any) -> np.ndarray | None:
        if not self.names:
            return None
        parameters = np.asarray(pars, dtype=np.float64).reshape(-1, self.n_parameters)
        return np.where(self.mask, self.effect(parameters), self.neutral)


class PerBinApplier(TableApplier):
    """Multiplies each bin with a parameter of its own."""

    def prepare(self) -> None:
        # (n_modifiers, n_bins): which parameter scales which bin; 0 where none does, which the mask hides.
        self.access = np.zeros((len(self.names), sum(self.channel_bins)), dtype=np.int64)
        for row, where, parameters in zip(self.access, self.mask.any(axis=1).reshape(len(self.names), -1) if self.names else [], self.slices,
                                          strict=True):
            self.connect(row, where, np.arange(parameters.start, parameters.stop))

    def connect(self, row: np.ndarray, where: np.ndarray, parameters: np.ndarray) -> None:
        row[where] = parameters

    def effect(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[:, self.access].transpose(1, 0, 2)[:, np.newaxis]


def scalar_normal() -> dict[str, Any]:
    """Requirement of a parameter alpha with a unit normal constraint around 0."""
    return {"paramset_type": "constrained_by_normal", "n_parameters": 1, "is_scalar": True, "inits": (0.0,), "bounds": ((-5.0, 5.0),),
            "fixed": False, "auxdata": (0.0,)}


def per_bin(kind: str, n: int, lower: float, fixed: Any, **more: Any) -> dict[str, Any]:
    """Requirement of a scale factor per bin."""
    return {"paramset_type": kind, "n_parameters": n, "is_scalar": False, "inits": (1.0,) * n, "bounds": ((lower, 10.0),) * n, "fixed": fixed, **more}
