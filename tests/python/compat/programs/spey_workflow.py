# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""spey with its pyhf plug-in, unmodified: prints the numbers as JSON, with the pyhf that they came from.

    python spey_workflow.py
"""

import json
import logging
import time

import pyhf
import spey

logging.disable(logging.CRITICAL)

BACKGROUND = {
    "channels": [{"name": "singlechannel", "samples": [{"name": "background", "data": [50.0, 52.0], "modifiers": [
        {"data": [3.0, 7.0], "name": "uncorr_bkguncrt", "type": "shapesys"}]}]}],
    "observations": [{"name": "singlechannel", "data": [51.0, 48.0]}],
    "measurements": [{"name": "Measurement", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}
SIGNAL = [{"op": "add", "path": "/channels/0/samples/1", "value": {"name": "signal", "data": [12.0, 11.0], "modifiers": [
    {"name": "mu", "type": "normfactor", "data": None}]}}]


def main():
    begin = time.process_time()
    full = spey.get_backend("pyhf")(analysis="full", background_only_model=BACKGROUND, signal_patch=SIGNAL)
    simple = spey.get_backend("pyhf.uncorrelated_background")(signal_yields=[12.0, 11.0], background_yields=[50.0, 52.0], data=[51, 48],
                                                               absolute_uncertainties=[3.0, 7.0])
    answers = {"pyhf": pyhf.__name__}
    for name, model in (("full", full), ("simple", simple)):
        answers[name] = {
            "likelihood": float(model.likelihood(poi_test=1.0)),
            "maximum": [float(x) for x in model.maximize_likelihood()],
            "CLs": [float(x) for x in model.exclusion_confidence_level(poi_test=1.0)],
            "expected CLs": [float(x) for x in model.exclusion_confidence_level(poi_test=1.0, expected=spey.ExpectationType.aposteriori)],
            "limit": float(model.poi_upper_limit()),
            "chi2": float(model.chi2(poi_test=1.0)),
        }
    print(json.dumps(answers | {"seconds": time.process_time() - begin}))


if __name__ == "__main__":
    main()
