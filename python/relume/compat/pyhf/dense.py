# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models that Python evaluates: builders walk the specification, appliers turn parameters into rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import exceptions, parameters
from .parameters.compiled import configurations
from .parameters.requirements import reduce_paramsets_requirements


def _modifiers_by_place(spec: Mapping[str, Any], modifier_set: Mapping[str, Any], builders: Mapping[str, Any]) -> dict[tuple[str, str], tuple]:
    """(channel, sample) -> (sample, {"type/name": modifier})."""
    places: dict[tuple[str, str], tuple] = {}
    used: set[str] = set()
    for channel in spec["channels"]:
        for sample in channel["samples"]:
            here: dict[str, Any] = {}
            for modifier in sample["modifiers"]:
                kind = modifier["type"]
                if kind not in modifier_set:
                    raise exceptions.InvalidModifier(f"{kind} not among {list(modifier_set)}")
                key = f"{kind}/{modifier['name']}"
                if not builders[kind].is_shared and (key in used or key in here):
                    raise exceptions.InvalidModel(f"Trying to add paramset {key} on {sample['name']} sample in {channel['name']} channel"
                                                  " but other paramsets exist with the same name.")
                here[key] = modifier
            places[channel["name"], sample["name"]] = (sample, here)
            used.update(here)
    return places


def build(modifier_set: Mapping[str, Any], config: Any, spec: Mapping[str, Any], batch_size: int | None) -> tuple[dict[str, Any], np.ndarray]:
    """Appliers by type, and nominal rates of shape (1, n_samples, 1, n_bins). Gives the configuration its parameters, unless it has them already."""
    builders = {kind: builder(config) for kind, (builder, _) in modifier_set.items()}
    places = _modifiers_by_place(spec, modifier_set, builders)
    nominal = np.zeros((1, len(config.samples), 1, config.nmaindata))
    for channel in config.channels:
        n_bins, where = config.channel_nbins[channel], config.channel_slices[channel]
        for row, name in enumerate(config.samples):
            sample, modifiers = places.get((channel, name), (None, {}))
            if sample is not None:
                if len(sample["data"]) != n_bins:
                    raise exceptions.InvalidModel(f"expected {n_bins} size sample data but got {len(sample['data'])}")
                nominal[0, row, 0, where] = sample["data"]
            for modifier, kind in config.modifiers:
                builders[kind].append(f"{kind}/{modifier}", channel, name, modifiers.get(f"{kind}/{modifier}"), sample)
    built = {kind: builder.finalize() for kind, builder in builders.items()}
    if not config.par_map:
        _set_parameters(config, builders, spec)
    appliers = {
        kind: applier(modifiers=[m for m in config.modifiers if m[1] == kind], pdfconfig=config, builder_data=built[kind], batch_size=batch_size,
                      **config.modifier_settings.get(kind, {}))
        for kind, (_, applier) in modifier_set.items()
    }
    return appliers, nominal


def _set_parameters(config: Any, builders: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    required: dict[str, list] = {}
    for builder in builders.values():
        for name, requirements in builder.required_parsets.items():
            required.setdefault(name, []).extend(requirements)
    reduced = reduce_paramsets_requirements(required, configurations(spec.get("parameters", [])))
    if not reduced:
        raise exceptions.InvalidModel("No parameters specified for the Model.")
    sets, auxdata, order = {}, [], []
    for name, requirement in reduced.items():
        sets[name] = getattr(parameters, requirement["paramset_type"])(**requirement)
        if sets[name].constrained:
            auxdata += sets[name].auxdata
            order.append(name)
    config.set_parameters(sets)
    config.set_auxinfo(auxdata, order)


class DenseRates:
    """Rates from appliers: (nominal + sum of what is added) times the product of the factors, per sample and bin."""

    def __init__(self, appliers: Mapping[str, Any], nominal: np.ndarray, batch_size: int | None, clip_sample: float | None,
                 clip_bin: float | None) -> None:
        self.appliers = appliers
        self.nominal = np.tile(nominal, (1, 1, batch_size or 1, 1))
        self._nominal_as_built = self.nominal.copy()
        self.clip_sample, self.clip_bin = clip_sample, clip_bin

    def is_as_built(self) -> bool:
        """Whether nobody has changed the nominal rates."""
        return np.array_equal(self.nominal, self._nominal_as_built)

    def modifications(self, parameters: Any) -> tuple[list, list]:
        """What is added, and the factors; each of shape (n_modifiers, n_samples, n_batch, n_bins)."""
        effects: dict[str, list] = {"addition": [], "multiplication": []}
        for applier in self.appliers.values():
            effect = applier.apply(parameters)
            if effect is not None:
                effects[applier.op_code].append(effect)
        return effects["addition"], effects["multiplication"]

    def by_sample(self, parameters: Any) -> np.ndarray:
        """Shape (n_samples, n_batch, n_bins)."""
        deltas, factors = self.modifications(parameters)
        # In this order the rounding is pyhf's: strict mode reproduces where its minimiser stops.
        before_factors = np.sum(np.concatenate([*deltas, self.nominal]), axis=0)
        rates = np.prod(np.concatenate([*factors, before_factors[np.newaxis]]), axis=0)
        return rates if self.clip_sample is None else np.maximum(rates, self.clip_sample)

    def total(self, parameters: Any) -> np.ndarray:
        """Shape (n_batch, n_bins)."""
        rates = np.sum(self.by_sample(parameters), axis=0)
        return rates if self.clip_bin is None else np.maximum(rates, self.clip_bin)
