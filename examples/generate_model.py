#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a workspace of any size, to see how tools scale. Invented; the same arguments give the same bytes.

    python3 examples/generate_model.py --bins 1000 --samples 10 --parameters 200 --gammas yes --share 0.5 --output big.json

A signal peak and falling backgrounds, spread over channels. Every nuisance parameter acts on every (channel, sample) with
probability --share, half of the time on the yield (normsys), else bin by bin (histosys). The data are Poisson numbers
around the nominal rates without signal. Memory and time grow with one channel at a time, not with the file.
"""

from __future__ import annotations

import argparse
import json
import math
import pathlib
import random

from make_examples import poisson, rounded, spectrum

# Events per bin of all backgrounds, averaged over a channel; signal relative to the background's square root, so that
# limits on the signal strength stay of order one for any size of model.
EVENTS_PER_BIN = 100.0
SIGNAL_SIGNIFICANCE = 2.0
# Relative uncertainty of a bin from all nuisance parameters together: keeps rates positive however many there are.
TOTAL_UNCERTAINTY = 0.15
LARGEST_EFFECT = 0.05
# Relative statistical uncertainty of the simulation in a bin of average content.
SIMULATION_UNCERTAINTY = 0.03


class Generator:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.n_channels = math.ceil(arguments.bins / arguments.bins_per_channel)
        acting = max(1.0, arguments.share * arguments.parameters)
        self.effect = min(LARGEST_EFFECT, TOTAL_UNCERTAINTY / math.sqrt(acting))

    def bins_of(self, channel: int) -> int:
        """The bins are dealt out as evenly as they go."""
        return self.arguments.bins // self.n_channels + (channel < self.arguments.bins % self.n_channels)

    def backgrounds(self, n_bins: int) -> list[list[float]]:
        n = self.arguments.samples - 1
        shares = [self.random.uniform(0.3, 1.0) for _ in range(n)]
        edges = tuple(float(i) for i in range(n_bins))
        return [[rounded(y + 0.05) for y in spectrum(EVENTS_PER_BIN * n_bins * share / sum(shares), edges,
                                                     n_bins * self.random.uniform(0.5, 2.0))] for share in shares]

    def signal(self, background: list[float]) -> list[float]:
        """A peak at a random place, of a fixed significance in the whole model."""
        n_bins = len(background)
        centre, width = self.random.uniform(0, n_bins), max(1.0, n_bins / 8)
        shape = [math.exp(-0.5 * ((i + 0.5 - centre) / width) ** 2) for i in range(n_bins)]
        significance = math.sqrt(sum(s * s / b for s, b in zip(shape, background)))
        scale = SIGNAL_SIGNIFICANCE / (significance * math.sqrt(self.n_channels))
        return [rounded(scale * s + 1e-3) for s in shape]

    def modifiers(self, nominal: list[float]) -> list[dict]:
        found = []
        for i in range(self.arguments.parameters):
            if self.random.random() >= self.arguments.share:
                continue
            name = f"alpha_{i}"
            size = self.effect * self.random.uniform(0.3, 1.5)
            if self.random.random() < 0.5:
                found.append({"name": name, "type": "normsys",
                              "data": {"hi": rounded(1 + size), "lo": rounded(1 - size * self.random.uniform(0.8, 1.2))}})
            else:
                phase, turns = self.random.uniform(0, 2 * math.pi), self.random.uniform(0, 1)
                change = [size * math.sin(phase + 2 * math.pi * turns * b / len(nominal)) for b in range(len(nominal))]
                found.append({"name": name, "type": "histosys",
                              "data": {"hi_data": [rounded(y * (1 + c)) for y, c in zip(nominal, change)],
                                       "lo_data": [rounded(y * (1 - c)) for y, c in zip(nominal, change)]}})
        return found

    def channel(self, index: int) -> tuple[dict, list[int]]:
        name, n_bins = f"channel_{index}", self.bins_of(index)
        backgrounds = self.backgrounds(n_bins)
        total = [sum(column) for column in zip(*backgrounds)]
        signal = self.signal(total)
        samples = [{"name": "signal", "data": signal,
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}, *self.modifiers(signal)]}]
        for i, nominal in enumerate(backgrounds):
            modifiers = self.modifiers(nominal)
            if self.arguments.gammas == "yes":
                # Errors of samples add up in quadrature to the same uncertainty of the total whatever their number.
                errors = [SIMULATION_UNCERTAINTY * math.sqrt(y * EVENTS_PER_BIN) for y in nominal]
                modifiers.append({"name": f"staterror_{name}", "type": "staterror", "data": [rounded(e) for e in errors]})
            samples.append({"name": f"background_{i}", "data": nominal, "modifiers": modifiers})
        return {"name": name, "samples": samples}, [poisson(self.random, rate) for rate in total]

    def write(self, path: pathlib.Path) -> None:
        observations = []
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.write('{"channels": [')
            for i in range(self.n_channels):
                channel, data = self.channel(i)
                observations.append({"name": channel["name"], "data": data})
                file.write((",\n" if i else "\n") + json.dumps(channel))
            measurements = [{"name": "measurement", "config": {"poi": "mu", "parameters": []}}]
            file.write(f'\n],\n"observations": {json.dumps(observations)},\n"measurements": {json.dumps(measurements)},\n'
                       '"version": "1.0.0"}\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, required=True, help="in all channels together")
    parser.add_argument("--bins-per-channel", type=int, default=20, help="at most (default 20)")
    parser.add_argument("--samples", type=int, default=5, help="per channel, the signal included (default 5)")
    parser.add_argument("--parameters", type=int, default=50, help="nuisance parameters named alpha_* (default 50)")
    parser.add_argument("--gammas", choices=("yes", "no"), default="yes", help="a staterror per bin (default yes)")
    parser.add_argument("--share", type=float, default=1.0, help="of (channel, sample, parameter) with an effect (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if arguments.bins < 1 or arguments.bins_per_channel < 1 or arguments.samples < 2 or arguments.parameters < 0:
        parser.error("needs at least one bin, a signal and a background")
    if not 0 <= arguments.share <= 1:
        parser.error("--share is between 0 and 1")
    Generator(arguments).write(arguments.output)


if __name__ == "__main__":
    main()
