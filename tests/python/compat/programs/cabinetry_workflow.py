# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""cabinetry's workflow on one workspace, unmodified: prints the numbers as JSON, with the pyhf that they came from.

    python cabinetry_workflow.py WORKSPACE
"""

import json
import logging
import sys
import time

import cabinetry
import pyhf

logging.disable(logging.CRITICAL)


def main(path):
    begin = time.process_time()
    with open(path) as file:
        workspace = json.load(file)
    model, data = cabinetry.model_utils.model_and_data(workspace)
    fit = cabinetry.fit.fit(model, data, goodness_of_fit=True)
    minos = cabinetry.fit.fit(model, data, minos=[model.config.poi_name])
    ranking = cabinetry.fit.ranking(model, data, fit_results=fit)
    scan = cabinetry.fit.scan(model, data, model.config.poi_name, n_steps=5)
    limit = cabinetry.fit.limit(model, data)
    significance = cabinetry.fit.significance(model, data)
    before = cabinetry.model_utils.prediction(model)
    after = cabinetry.model_utils.prediction(model, fit_results=fit)
    asimov, asimov_data = cabinetry.model_utils.model_and_data(workspace, asimov=True)
    print(json.dumps({
        "pyhf": pyhf.__name__,
        "seconds": time.process_time() - begin,
        "labels": list(fit.labels),
        "bestfit": fit.bestfit.tolist(),
        "uncertainty": fit.uncertainty.tolist(),
        "correlation": fit.corr_mat.tolist(),
        "twice_nll": float(fit.best_twice_nll),
        "goodness of fit": float(fit.goodness_of_fit),
        "minos": [list(map(float, pair)) for pair in minos.minos_uncertainty.values()],
        "ranking": [ranking.prefit_up.tolist(), ranking.prefit_down.tolist(), ranking.postfit_up.tolist(), ranking.postfit_down.tolist()],
        "scan": [scan.parameter_values.tolist(), scan.delta_nlls.tolist()],
        "limit": [float(limit.observed_limit), *map(float, limit.expected_limit)],
        "significance": [float(significance.observed_significance), float(significance.expected_significance)],
        "yields before": [list(map(list, channel)) for channel in before.model_yields],
        "deviations before": [list(map(float, channel[-1])) for channel in before.total_stdev_model_bins],
        "yields after": [list(map(list, channel)) for channel in after.model_yields],
        "deviations after": [list(map(float, channel[-1])) for channel in after.total_stdev_model_bins],
        "asimov data": list(map(float, asimov_data)),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
