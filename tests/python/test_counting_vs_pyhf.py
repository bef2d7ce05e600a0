# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counting experiments in closed form beside pyhf's fits of the same likelihood."""

import numpy as np
import pyhf
import pytest
import relume


@pytest.mark.parametrize("n, b, sigma, s", [(3, 2.5, 1.0, 4.0), (55, 50.0, 12.0, 20.0), (2, 8.0, 1.5, 3.0), (9, 4.0, 1.0, 2.0), (138, 160.57, 14.0, 30.0)])
def test_cls_and_its_band(n, b, sigma, s):
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-12))
    model = pyhf.simplemodels.correlated_background(signal=[s], bkg=[b], bkg_up=[b + sigma], bkg_down=[b - sigma])
    for mu in (0.7, 1.5):
        observed, band = pyhf.infer.hypotest(mu, [n, *model.config.auxdata], model, test_stat="qtilde", return_expected_set=True)
        ours = relume.counting_tests(n, b, sigma, s, mu=mu, constraint="measurement")
        # What is left of SLSQP's precision.
        assert ours.observed == pytest.approx(float(observed), rel=2e-5)
        assert ours.expected == pytest.approx(np.array([float(c) for c in band]), rel=2e-5)
