# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Limits of counting experiments beside SModelS and spey, whose background is a prior too."""

import logging
import warnings

import numpy as np
import pytest
import relume

POINTS = [(138, 160.57, 14.0, 10.0), (2, 2.1711, 0.79, 2.0), (12, 8.4, 1.7, 4.0), (4, 0.0635, 0.11, 1.0)]


# With no events SModelS does not fit the background at all: those are left out.
@pytest.mark.parametrize("n, b, sigma, s", POINTS)
def test_smodels(n, b, sigma, s):
    from smodels.statistics.basicStats import NllEvalType
    from smodels.statistics.simplifiedLikelihoods import SLData, SLUpperLimitComputer

    computer = SLUpperLimitComputer(SLData(float(n), b, sigma**2, nsignal=s))
    # Its roots are good to 1e-3.
    assert relume.counting_limits(n, b, sigma, s).observed == pytest.approx(computer.getUpperLimitOnMu(NllEvalType.observed), rel=2e-3)
    median = relume.counting_limits(n, b, sigma, s, asimov="a-priori").expected[2]
    assert median == pytest.approx(computer.getUpperLimitOnMu(NllEvalType.apriori), rel=2e-3)


@pytest.mark.parametrize("n, b, sigma, s", [POINTS[0], POINTS[1], (0, 0.19966, 0.21, 1.0)])
def test_spey(n, b, sigma, s):
    spey = pytest.importorskip("spey", reason="spey is not installed")
    logging.getLogger("Spey").setLevel(logging.ERROR)
    model = spey.get_backend("default.uncorrelated_background")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model(signal_yields=[s], background_yields=[b], data=[n], absolute_uncertainties=[sigma])
        observed = theirs.poi_upper_limit(expected=spey.ExpectationType.observed)
        band = theirs.poi_upper_limit(expected=spey.ExpectationType.apriori, expected_pvalue="2sigma")
    # What is left of SLSQP's precision.
    assert relume.counting_limits(n, b, sigma, s).observed == pytest.approx(observed, rel=5e-4)
    assert relume.counting_limits(n, b, sigma, s, asimov="a-priori").expected == pytest.approx(np.array(band, dtype=float), rel=5e-4)
