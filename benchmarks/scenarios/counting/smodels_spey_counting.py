# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The peers: smodels_spey_counting.py smodels|spey POINTS

One point after the other; an event per point with the observed limit and, where the peer has one, the band of expected limits (a-priori).
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def number(value: object) -> float | None:
    return None if value is None or value != value else float(value)


def of_smodels(points: list[list[float]]) -> None:
    from smodels.statistics.basicStats import NllEvalType
    from smodels.statistics.simplifiedLikelihoods import SLData, SLUpperLimitComputer

    say(event="ready", load_s=0.0, compile_s=0.0)
    for i, (n, b, sigma, s) in enumerate(points):
        begin = time.process_time()
        computer = SLUpperLimitComputer(SLData(n, b, sigma**2, nsignal=s))
        observed = computer.getUpperLimitOnMu(NllEvalType.observed)
        seconds = time.process_time() - begin
        # Its nSigma = +1 is what others call -1.
        band = [computer.getUpperLimitOnMu(NllEvalType.apriori, nSigma=k) for k in (2, 1, 0, -1, -2)]
        say(event="point", point=i, seconds=seconds, band_s=time.process_time() - begin - seconds, observed=number(observed), expected=[number(v) for v in band])


def of_spey(points: list[list[float]]) -> None:
    import spey

    model = spey.get_backend("default.uncorrelated_background")
    say(event="ready", load_s=0.0, compile_s=0.0)
    for i, (n, b, sigma, s) in enumerate(points):
        begin = time.process_time()
        statistics = model(signal_yields=[s], background_yields=[b], data=[int(n)], absolute_uncertainties=[sigma])
        observed = statistics.poi_upper_limit(expected=spey.ExpectationType.observed)
        seconds = time.process_time() - begin
        band = statistics.poi_upper_limit(expected=spey.ExpectationType.apriori, expected_pvalue="2sigma")
        say(event="point", point=i, seconds=seconds, band_s=time.process_time() - begin - seconds, observed=number(observed), expected=[number(v) for v in band])


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with open(sys.argv[2], encoding="utf-8") as file:
        points = [[float(v) for v in line.split()] for line in file]
    {"smodels": of_smodels, "spey": of_spey}[sys.argv[1]](points)


if __name__ == "__main__":
    main()
