# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""SModelS' interface to pyhf, unmodified: prints the numbers as JSON, with the pyhf that they came from.

    python smodels_workflow.py
"""

import json
import time

import pyhf
from smodels.statistics.basicStats import aposteriori, apriori, observed
from smodels.statistics.pyhfInterface import PyhfData, PyhfUpperLimitComputer

BACKGROUND = {
    "channels": [{"name": "SR1", "samples": [{"name": "background", "data": [50.0], "modifiers": [
        {"data": [5.0], "name": "uncorr_bkguncrt", "type": "shapesys"}, {"data": {"lo": 0.95, "hi": 1.06}, "name": "scale", "type": "normsys"}]}]}],
    "observations": [{"name": "SR1", "data": [54.0]}],
    "measurements": [{"name": "Measurement", "config": {"poi": "mu_SIG", "parameters": [
        {"name": "lumi", "auxdata": [1.0], "sigmas": [0.017], "bounds": [[0.915, 1.085]], "inits": [1.0]}]}}],
    "version": "1.0.0",
}


def main():
    begin = time.process_time()
    computer = PyhfUpperLimitComputer(PyhfData({"SR1": 12.0}, BACKGROUND))
    answers = {"pyhf": pyhf.__name__}
    for name, kind in (("observed", observed), ("apriori", apriori), ("aposteriori", aposteriori)):
        found = computer.nll_min(evaluationType=kind)
        answers[name] = {
            "nll": float(computer.nll(1.0, evaluationType=kind)),
            "nll without signal": float(computer.nll(0.0, evaluationType=kind)),
            "minimum": [float(found[key]) for key in ("nll_min", "muhat", "sigma_mu")],
            "limit": float(computer.getUpperLimitOnMu(evaluationType=kind)),
        }
    print(json.dumps(answers | {"seconds": time.process_time() - begin}))


if __name__ == "__main__":
    main()
