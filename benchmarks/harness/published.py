# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is published besides full likelihoods: counts of signal regions, and backgrounds with their covariance."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re

import numpy as np

from .cases import shared_folder


@dataclasses.dataclass(frozen=True)
class Counts:
    name: str
    observed: float
    background: float
    uncertainty: float


def signal_regions() -> list[Counts]:
    """Of the SModelS database, those that are in the shared folder."""
    found: dict[str, Counts] = {}
    for part in ("simplified", "efficiency-maps"):
        for file in sorted((shared_folder() / "data" / part).glob("*/*/dataInfo.txt")):
            fields = dict(re.findall(r"^(\w+)\s*:\s*([-+.\deE]+)", file.read_text(encoding="utf-8"), re.MULTILINE))
            if "observedN" in fields:
                name = f"{file.parents[1].name}/{file.parent.name}"
                found[name] = Counts(name, *(float(fields[key]) for key in ("observedN", "expectedBG", "bgError")))
    return list(found.values())


@dataclasses.dataclass
class Simplified:
    name: str
    observed: list[float]
    background: list[float]
    covariance: list[list[float]]
    third_moments: list[float] | None
    signal: list[float]
    reference: float | None  # observed limit that other software found, with its expected band
    reference_band: list[float] | None = None
    regions: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.regions = self.regions or [f"SR{i}" for i in range(len(self.observed))]

    def write(self, folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
        """Likelihood and signal as relume reads them, and all of it as numbers for the peers."""
        folder.mkdir(parents=True, exist_ok=True)
        likelihood = {"format": "relume-likelihood", "version": 1, "kind": "simplified", "name": self.name,
                      "regions": [{"name": r, "observed": n, "background": b} for r, n, b in zip(self.regions, self.observed, self.background, strict=True)],
                      "covariance": self.covariance}
        if self.third_moments is not None:
            likelihood["third_moments"] = self.third_moments
        signal = {"format": "relume-signal", "version": 1, "name": "signal",
                  "samples": [{"name": "signal", "channels": {r: [s] for r, s in zip(self.regions, self.signal, strict=True)}}]}
        numbers = {"observed": self.observed, "background": self.background, "covariance": self.covariance, "third_moments": self.third_moments, "signal": self.signal}
        files = tuple(folder / f"{self.name}.{part}.json" for part in ("likelihood", "signal", "numbers"))
        for file, content in zip(files, (likelihood, signal, numbers), strict=True):
            file.write_text(json.dumps(content), encoding="utf-8")
        return files


def simplified_likelihoods() -> list[Simplified]:
    """Published ones and seeded ones of the sizes of others, small ones first."""
    shared = shared_folder()
    cases = []
    for file in sorted((shared / "data" / "simplified").glob("*/model.json")):
        model = json.loads(file.read_text(encoding="utf-8"))
        reference = json.loads((shared / "reference" / "simplified" / f"{file.parent.name}.json").read_text(encoding="utf-8"))["signals"][0]["own"]
        cases.append(Simplified(file.parent.name, model["observed"], model["background"], model["covariance"], model.get("third_moment"),
                                model["signals"][0]["yields"], reference["UL95_obs"], reference["UL95_exp"], model["regions"]))
    toy = json.loads((shared / "data" / "simplified" / "CMS-NOTE-2017-001-toy.json").read_text(encoding="utf-8"))
    # 180.680 events in all, as a comment in SModelS has it, of 137.3.
    cases.append(Simplified("CMS-NOTE-2017-001-toy", toy["observed"], toy["background"], toy["covariance"], None, toy["signal"], 180.680 / sum(toy["signal"])))
    return sorted([*cases, seeded(90), seeded(174)], key=lambda case: len(case.observed))


def seeded(n: int) -> Simplified:
    """Falling backgrounds with four common sources of uncertainty and one of each region; data drawn from all of it."""
    random = np.random.default_rng(n)
    background = 400.0 * np.exp(-5.0 * np.arange(n) / n)
    sources = background[:, None] * random.normal(0.0, 0.08, (n, 4))
    covariance = sources @ sources.T + np.diag((0.1 * background) ** 2)
    true = np.maximum(random.multivariate_normal(background, covariance), 0.1)
    signal = 0.05 * background[0] * np.exp(-((np.arange(n) - 0.7 * n) / (0.2 * n)) ** 2)
    return Simplified(f"seeded-{n}", random.poisson(true).astype(float).tolist(), background.tolist(), covariance.tolist(), None, signal.tolist(), None)
