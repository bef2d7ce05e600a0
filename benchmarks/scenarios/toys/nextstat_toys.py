# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""nextstat: nextstat_toys.py WORKSPACE TOYS_PER_HYPOTHESIS."""

from __future__ import annotations

import json
import sys
import time

import nextstat


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main() -> None:
    file, n = sys.argv[1], int(sys.argv[2])
    nextstat.set_threads(1)
    begin = time.process_time()
    with open(file, encoding="utf-8") as stream:
        text = stream.read()
    loaded = time.process_time()
    model = nextstat.from_pyhf(text)
    say(event="ready", load_s=loaded - begin, compile_s=time.process_time() - loaded)
    begin = time.process_time()
    try:
        _, (clsb, clb) = nextstat.hypotest_toys(1.0, model, n_toys=n, seed=1, return_tail_probs=True)
    except Exception as error:  # whatever it is, it is nextstat's answer to the question
        say(event="failed", seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {error}"[:200])
        return
    say(event="answer", seconds=time.process_time() - begin, toys=2 * n, clsb=clsb, clb=clb)


if __name__ == "__main__":
    main()
