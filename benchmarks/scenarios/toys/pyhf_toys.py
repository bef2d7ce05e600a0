# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf: pyhf_toys.py WORKSPACE SECONDS BACKEND. As many toys as the seconds hold, at least one per hypothesis."""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
import pyhf


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main() -> None:
    file, seconds, backend = sys.argv[1], float(sys.argv[2]), sys.argv[3]
    warnings.simplefilter("ignore")
    pyhf.set_backend(backend, "scipy", precision="64b")
    np.random.seed(1)
    begin = time.process_time()
    with open(file, encoding="utf-8") as stream:
        workspace = pyhf.Workspace(json.load(stream))
    loaded = time.process_time()
    # What `pyhf cls` uses.
    model = workspace.model(modifier_settings={"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    data = workspace.data(model)
    bounds = model.config.suggested_bounds()
    bounds[model.config.poi_index] = (max(0.0, bounds[model.config.poi_index][0]), bounds[model.config.poi_index][1])
    say(event="ready", load_s=loaded - begin, compile_s=time.process_time() - loaded)

    def toys(n: int) -> tuple[list[float], list[float], float]:
        calculator = pyhf.infer.calculators.ToyCalculator(data, model, par_bounds=bounds, test_stat="qtilde", ntoys=n, track_progress=False)
        tested, alternative = calculator.distributions(1.0)
        return [float(q) for q in tested.samples], [float(q) for q in alternative.samples], float(calculator.teststatistic(1.0))

    begin = time.process_time()
    try:
        toys(1)  # compiles; its fits of the data are not the toys'
        begin = time.process_time()
        tested: list[float] = []
        alternative: list[float] = []
        n = 1
        while time.process_time() - begin < seconds:
            before = time.process_time()
            more, others, observed = toys(n)
            tested += more
            alternative += others
            if time.process_time() - before < 0.1 * seconds:
                n *= 2
    except Exception as error:  # whatever it is, it is pyhf's answer to the question
        say(event="failed", seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {error}"[:200])
        return
    # Fits that end a little above their minimum make q negative by as much: counted as the zero that they stand for.
    share = [float(np.mean(np.maximum(q, 0.0) >= max(observed, 0.0) - 1e-6)) for q in (tested, alternative)]
    say(event="answer", seconds=time.process_time() - begin, toys=len(tested) + len(alternative), clsb=share[0], clb=share[1])


if __name__ == "__main__":
    main()
