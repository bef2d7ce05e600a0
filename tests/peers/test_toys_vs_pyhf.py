# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Distributions of the test statistics from toys, beside those that pyhf samples and fits."""

import json
import math

import numpy as np
import pytest

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of these tests, is not installed")

N_PYHF, N_RELUME = 300, 20000


def kolmogorov_smirnov(a, b):
    """Largest distance of the two cumulative distributions, in units of what chance makes of samples of these sizes (1.63: 1 % of the cases)."""
    points = np.sort(np.concatenate([a, b]))
    # pyhf's minimiser leaves noise of 1e-6 on a statistic of 0: just above a value both have counted it.
    at = points + 1e-4
    distance = np.abs(np.searchsorted(np.sort(a), at) / len(a) - np.searchsorted(np.sort(b), at) / len(b)).max()
    return distance * math.sqrt(len(a) * len(b) / (len(a) + len(b)))


@pytest.mark.parametrize("statistic", ["qtilde", "q0"])
def test_distributions_of_the_two_bin_model(relume, tmp_path, statistic):
    model = pyhf.simplemodels.uncorrelated_background([12.0, 11.0], [50.0, 52.0], [3.0, 7.0])
    data = [51.0, 48.0, *model.config.auxdata]
    poi = 0.0 if statistic == "q0" else 1.0
    np.random.seed(1)
    calculator = pyhf.infer.calculators.ToyCalculator(data, model, test_stat=statistic, ntoys=N_PYHF, track_progress=False)
    tested, other = (np.asarray(d.samples) for d in calculator.distributions(poi))
    workspace = {**model.spec, "observations": [{"name": "singlechannel", "data": data[:2]}], "version": "1.0.0",
                 "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}]}
    path = tmp_path / "two_bin.json"
    path.write_text(json.dumps(workspace))
    result = json.loads(relume("toys", path, "--toys", N_RELUME, "--test-stat", statistic, "--test-poi", poi, "--values").stdout)
    for name, theirs in (("tested", tested), ("alternative", other)):
        ours = np.asarray(result["toys"][name]["q"])
        assert kolmogorov_smirnov(ours, theirs) < 1.63, name
        share = np.mean(ours == 0)
        assert np.mean(theirs < 1e-5) == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / N_PYHF)), name
