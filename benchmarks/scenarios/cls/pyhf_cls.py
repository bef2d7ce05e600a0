# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""pyhf: pyhf_cls.py WORKSPACE SECONDS BACKEND OPTIMIZER. Speaks the protocol of harness/contender.py."""

from __future__ import annotations

import json
import sys
import time
import warnings

import pyhf

# What `pyhf cls` uses.
CODES = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
# A first answer that took longer than this is not asked for again, unless it held a compilation.
NO_REPEAT_ABOVE_S = 60.0
MAX_REPETITIONS = 200


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main() -> None:
    file, budget, backend, optimizer = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
    warnings.simplefilter("ignore")
    pyhf.set_backend(backend, optimizer, precision="64b")
    begin = time.process_time()
    with open(file, encoding="utf-8") as stream:
        workspace = pyhf.Workspace(json.load(stream))
    loaded = time.process_time()
    model = workspace.model(modifier_settings=CODES)
    data = workspace.data(model)
    compiled = time.process_time()
    say(event="ready", load_s=loaded - begin, compile_s=compiled - loaded)

    # q-tilde means mu >= 0; pyhf only warns where the file's bounds allow less.
    bounds = model.config.suggested_bounds()
    bounds[model.config.poi_index] = (max(0.0, bounds[model.config.poi_index][0]), bounds[model.config.poi_index][1])

    def ask() -> tuple[float, float, list[float]]:
        begin = time.process_time()
        cls, band = pyhf.infer.hypotest(1.0, data, model, par_bounds=bounds, test_stat="qtilde", return_expected_set=True)
        answer = float(cls), [float(c) for c in band]  # jax answers before it is done
        return time.process_time() - begin, *answer

    begin = time.process_time()
    try:
        first, cls, band = ask()
    except Exception as error:  # whatever it is, it is pyhf's answer to the question
        lines = str(error).strip().splitlines() or [""]
        say(event="failed", seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {lines[0]}"[:200])
        return
    if cls != cls:  # JSON has no NaN
        say(event="failed", seconds=first, reason="CLs is NaN")
        return
    say(event="answer", seconds=first, cls=cls, band=[None if c != c else c for c in band])
    times: list[float] = []
    while first < NO_REPEAT_ABOVE_S or (backend == "jax" and not times):
        times.append(ask()[0])
        if sum(times) > budget or len(times) >= MAX_REPETITIONS:
            break
    say(event="repeats", seconds=times)


if __name__ == "__main__":
    main()
