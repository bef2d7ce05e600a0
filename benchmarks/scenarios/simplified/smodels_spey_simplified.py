# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The peers: smodels_spey_simplified.py smodels|spey NUMBERS

The observed limit, and then the a-priori median (smodels) or band (spey).
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def of_smodels(m: dict):
    from smodels.statistics.basicStats import NllEvalType
    from smodels.statistics.simplifiedLikelihoods import SLData, SLUpperLimitComputer

    # It takes the signal's shape for a signal of one event in all where it is not told otherwise.
    def ask(kind: NllEvalType) -> float:
        data = SLData(m["observed"], m["background"], m["covariance"], m["third_moments"], nsignal=m["signal"])
        return float(SLUpperLimitComputer(data).getUpperLimitOnMu(kind))

    return lambda: ask(NllEvalType.observed), lambda: [ask(NllEvalType.apriori)]


def of_spey(m: dict):
    import spey

    common = {"signal_yields": m["signal"], "background_yields": m["background"], "data": [int(n) for n in m["observed"]]}
    if m["third_moments"] is None:
        statistics = spey.get_backend("default.correlated_background")(**common, covariance_matrix=m["covariance"])
    else:
        statistics = spey.get_backend("default.third_moment_expansion")(**common, covariance_matrix=m["covariance"], third_moment=m["third_moments"])
    return (lambda: float(statistics.poi_upper_limit(expected=spey.ExpectationType.observed)),
            lambda: [float(v) for v in statistics.poi_upper_limit(expected=spey.ExpectationType.apriori, expected_pvalue="2sigma")])


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    begin = time.process_time()
    with open(sys.argv[2], encoding="utf-8") as file:
        numbers = json.load(file)
    observed, expected = {"smodels": of_smodels, "spey": of_spey}[sys.argv[1]](numbers)
    say(event="ready", load_s=time.process_time() - begin, compile_s=0.0)
    begin = time.process_time()
    try:
        limit = observed()
    except Exception as error:  # whatever it is, it is the peer's answer
        say(event="failed", seconds=time.process_time() - begin, reason=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200])
        return
    seconds = time.process_time() - begin
    if limit != limit:
        say(event="failed", seconds=seconds, reason="the limit is NaN")
        return
    say(event="answer", seconds=seconds, observed=limit)
    begin = time.process_time()
    try:
        band = expected()
    except Exception as error:
        say(event="band", seconds=time.process_time() - begin, expected=None, reason=f"{type(error).__name__}: {error}"[:200])
        return
    say(event="band", seconds=time.process_time() - begin, expected=[None if v != v else v for v in band])


if __name__ == "__main__":
    main()
