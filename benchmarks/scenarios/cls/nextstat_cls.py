# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""nextstat: nextstat_cls.py WORKSPACE SECONDS. Observed CLs only: its hypotest has no expected band."""

from __future__ import annotations

import json
import sys
import time

import nextstat

NO_REPEAT_ABOVE_S = 60.0
MAX_REPETITIONS = 200


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main() -> None:
    file, budget = sys.argv[1], float(sys.argv[2])
    nextstat.set_threads(1)
    begin = time.process_time()
    with open(file, encoding="utf-8") as stream:
        text = stream.read()
    loaded = time.process_time()
    model = nextstat.from_pyhf(text)
    say(event="ready", load_s=loaded - begin, compile_s=time.process_time() - loaded)

    def ask() -> tuple[float, float]:
        begin = time.process_time()
        cls = nextstat.hypotest(1.0, model)
        return time.process_time() - begin, float(cls)

    begin = time.process_time()
    try:
        first, cls = ask()
    except Exception as error:  # whatever it is, it is nextstat's answer to the question
        say(event="failed", seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {error}"[:200])
        return
    if cls != cls:  # JSON has no NaN
        say(event="failed", seconds=first, reason="CLs is NaN")
        return
    say(event="answer", seconds=first, cls=cls)
    times: list[float] = []
    while first < NO_REPEAT_ABOVE_S:
        times.append(ask()[0])
        if sum(times) > budget or len(times) >= MAX_REPETITIONS:
            break
    say(event="repeats", seconds=times)


if __name__ == "__main__":
    main()
