# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Random workspaces that pyhf can also build a model from, and random points in their parameter space.

Everything comes from one seed: all seven modifier types, names shared between types, samples and channels, empty bins,
yields that are no integers, several measurements, and every configuration of a parameter that its type allows.
"""

from __future__ import annotations

import math
import random

CHANNELS = ["SR", "CR top", "VR_1", "β", "a"]
SAMPLES = ["signal", "bkg", "Bkg2", "fakes é", "0"]
SYSTEMATICS = ["JES", "JER", "theory", "b-tag"]
NORM_FACTORS = ["mu", "k_top", "xs"]
MAX_BINS = 5


def workspace(rng: random.Random, *, gentle: bool = False) -> dict:
    """A workspace; a gentle one has a small signal and data that the model explains, so that any sensible fit should succeed."""
    return Generator(rng, gentle).workspace()


class Generator:
    def __init__(self, rng: random.Random, gentle: bool) -> None:
        self.rng = rng
        self.gentle = gentle
        self.max_bins = 3 if gentle else MAX_BINS
        self.shared_bins = rng.randint(1, self.max_bins)  # channels with this many bins may share shapefactors
        self.used: dict[str, dict] = {}  # parameter -> {"type", "size"}

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    # ------------------------------------------------------------------ histograms

    def yield_(self) -> float:
        if not self.gentle and self.chance(0.06):
            return self.rng.choice([0, 0.0])
        value = 10 ** self.rng.uniform(0.3, 2.5 if self.gentle else 3.5)
        return self.rng.choice([value, round(value, 2), round(value) + 1])

    def histogram(self, n: int) -> list:
        return [self.yield_() for _ in range(n)]

    def uncertainties(self, nominal: list) -> list:
        def one(y: float) -> float:
            if not self.gentle and self.chance(0.08):
                return 0.0
            return y * self.rng.uniform(0.02, 0.3) if y > 0 else self.rng.choice([0, 0.3])
        return [one(y) for y in nominal]

    # ------------------------------------------------------------------ modifiers

    def modifiers(self, channel: str, sample: str, nominal: list, is_signal: bool) -> list[dict]:
        rng, n, found = self.rng, len(nominal), []

        def add(name: str, kind: str, data=None, size: int = 1) -> None:
            used = self.used.setdefault(name, {"type": kind, "size": size})
            if used["size"] == size and not any(m["name"] == name and m["type"] == kind for m in found):
                found.append({"name": name, "type": kind, "data": data})

        if is_signal:
            add("mu", "normfactor")
        elif self.chance(0.3):
            add(rng.choice(NORM_FACTORS[1:] if self.gentle else NORM_FACTORS), "normfactor")
        for name in SYSTEMATICS:
            if self.chance(0.35):
                wide = 0.15 if self.gentle else 0.4
                add(name, "normsys", {"lo": 1 - rng.uniform(-0.02, wide), "hi": 1 + rng.uniform(-0.02, wide)})
            if self.chance(0.3):
                tilt = 0.08 if self.gentle else 0.18  # keeps rates positive up to five sigma
                add(name, "histosys", {"lo_data": [y * (1 - rng.uniform(-0.05, tilt)) for y in nominal],
                                       "hi_data": [y * (1 + rng.uniform(-0.05, tilt)) for y in nominal]})
        if self.chance(0.3):
            add("lumi", "lumi")
        if self.chance(0.5):
            add(f"staterror_{channel}", "staterror", self.uncertainties(nominal), n)
        if self.chance(0.2):
            add(f"shape_{channel}_{sample}", "shapesys", self.uncertainties(nominal), n)
        if not self.gentle and self.chance(0.15):
            add(f"free_{n}" if n == self.shared_bins else f"free_{channel}", "shapefactor", None, n)
        rng.shuffle(found)
        return found

    # ------------------------------------------------------------------ the whole

    def workspace(self) -> dict:
        rng, channels, observations = self.rng, [], []
        for name in rng.sample(CHANNELS, rng.randint(1, 3)):
            n = self.shared_bins if self.chance(0.6) else rng.randint(1, self.max_bins)
            samples = []
            names = rng.sample(SAMPLES[1:], rng.randint(1, 3))
            if not channels or self.chance(0.7):
                names.insert(rng.randint(0, len(names)), SAMPLES[0])
            for sample in names:
                nominal = self.histogram(n)
                if self.gentle and sample == SAMPLES[0]:
                    nominal = [0.1 * y for y in nominal]
                samples.append({"name": sample, "data": nominal,
                                "modifiers": self.modifiers(name, sample, nominal, sample == SAMPLES[0])})
            channels.append({"name": name, "samples": samples})
            observations.append({"name": name, "data": [self.observed(samples, b) for b in range(n)]})
        rng.shuffle(observations)
        names = rng.sample(["m", "other", "Third"], 1 if self.gentle else rng.randint(1, 3))
        return {"channels": channels, "observations": observations, "version": "1.0.0",
                "measurements": [{"name": m, "config": {"poi": rng.choice(["mu", "mu", "mu", ""]) if not self.gentle else "mu",
                                                        "parameters": self.parameters()}} for m in names]}

    def observed(self, samples: list[dict], b: int) -> float:
        total = sum(s["data"][b] for s in samples)
        if self.gentle:  # data that the model can explain
            return max(round(self.rng.gauss(total, math.sqrt(total))), 0)
        total *= self.rng.uniform(0.8, 1.2)
        return self.rng.choice([0, round(total), round(total), total])

    def parameters(self) -> list[dict]:
        rng, configs = self.rng, []
        for name, used in self.used.items():
            kind, size = used["type"], used["size"]
            if kind == "lumi":
                centre, width = rng.choice([1, 1.0, 0.98]), rng.choice([0.02, 0.1])
                config = {"name": name, "auxdata": [centre], "sigmas": [width], "inits": [centre], "bounds": [[0.5, 1.5]]}
            elif self.gentle or self.chance(0.5):
                continue
            else:
                config = {"name": name, **self.overrides(kind, size)}
            configs.append(config)
        if self.chance(0.3):
            configs.append({"name": "nobody", "inits": [2.0]})
        rng.shuffle(configs)
        return configs

    def overrides(self, kind: str, size: int) -> dict:
        rng, config = self.rng, {}
        is_alpha = kind in ("normsys", "histosys")

        def each(low: float, high: float) -> list:
            return [rng.uniform(low, high) for _ in range(size)]

        if self.chance(0.5):
            config["inits"] = each(-1, 1) if is_alpha else each(0.6, 1.5)
        if self.chance(0.5):
            config["bounds"] = [[rng.uniform(-8, -2), rng.choice([3, 5.5])] if is_alpha else [rng.choice([0.1, 0.5]), rng.uniform(2, 20)]
                                for _ in range(size)]
        if kind not in ("normfactor", "shapefactor") and self.chance(0.4):
            config["auxdata"] = each(-0.5, 0.5) if is_alpha else each(0.8, 1.2) if kind == "staterror" else each(1, 200)
        if kind == "staterror" and self.chance(0.3):
            config["sigmas"] = each(0.01, 0.3)
        if kind == "shapesys" and self.chance(0.4):
            config["factors"] = each(1, 200)
        if self.chance(0.3):
            config["fixed"] = rng.choice([True, False])
        return config


def point(rng: random.Random, initial: list[float], bounds: list[tuple[float, float]]) -> list[float]:
    """A point within the bounds: often far from the initial values, sometimes at a bound or a join of the interpolation."""
    def one(start: float, low: float, high: float) -> float:
        choice = rng.random()
        if choice < 0.1:
            return start
        if choice < 0.15:
            return rng.choice([low, high])
        if choice < 0.25:
            return min(max(rng.choice([-1.0, 0.0, 1.0, 2.0]), low), high)
        if choice < 0.4:
            return rng.uniform(low, high)
        return min(max(start + rng.gauss(0.0, 0.3 if low >= 0 else 1.0), low), high)
    return [one(float(start), float(low), float(high)) for start, (low, high) in zip(initial, bounds, strict=True)]
