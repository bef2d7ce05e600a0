# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the Python package adds to the engine, and tables of limits: relume_python.py import | call WORKSPACE | limits BACKGROUND PATCHSET SECONDS."""

from __future__ import annotations

import json
import sys
import time


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def repeated(function, budget: float = 1.0) -> float:
    """Median processor time of a call, over blocks of calls."""
    blocks = []
    begin = time.process_time()
    while time.process_time() - begin < budget or len(blocks) < 5:
        block = time.process_time()
        for _ in range(20_000):
            function()
        blocks.append((time.process_time() - block) / 20_000)
    return sorted(blocks)[len(blocks) // 2]


def main() -> None:
    if sys.argv[1] == "import":
        import numpy  # noqa: F401

        begin = time.process_time()
        import relume  # noqa: F401

        say(event="answer", seconds=time.process_time() - begin)
        return
    import numpy as np
    import relume

    if sys.argv[1] == "call":
        model = relume.read(sys.argv[2]).model()
        x = model.initial
        same = np.tile(x, (20_000, 1))
        say(event="answer", seconds=repeated(lambda: model.nll(x)), engine_s=min(timed(lambda: model.nll_many(same, threads=1)) for _ in range(20)) / 20_000,
            nll=model.nll(x))
        return
    background, patchset = relume.read(sys.argv[2]), relume.read(sys.argv[3])
    say(event="ready", load_s=0.0, compile_s=0.0)
    times, table = [], None
    while sum(times) < float(sys.argv[4]) or len(times) < 3:
        begin = time.process_time()
        table = relume.limits(background, patchset, progress=False)
        times.append(time.process_time() - begin)
    say(event="answer", seconds=sorted(times)[len(times) // 2], points=len(table), limits={row.name: [row.observed, *row.expected] for row in table})


def timed(function) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
