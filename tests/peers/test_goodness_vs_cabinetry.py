# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Goodness of fit beside cabinetry's (with pyhf and MINUIT), on random workspaces; its bins, less its free parameters without constraint."""

import logging
import random
import warnings

import pytest
import random_model

cabinetry = pytest.importorskip("cabinetry", reason="cabinetry, the peer of these tests, is not installed")
pyhf = pytest.importorskip("pyhf", reason="pyhf, which cabinetry fits with, is not installed")
for name in ("cabinetry", "pyhf"):
    logging.getLogger(name).setLevel(logging.CRITICAL)

# Of -2 ln L: MINUIT ends at an EDM of 1e-3 times its own tolerance of 0.1, which is 2e-4 here at most.
AS_LOW = 5e-4


@pytest.mark.parametrize("seed", range(12))
def test_random_models(answer, seed):
    workspace = random_model.workspace(random.Random(f"goodness {seed}"), gentle=True)
    ours = answer(workspace, "goodness")
    assert ours["status"] == "ok"
    peer = pyhf.Workspace(workspace, validate=False)
    model = peer.model(validate=False, poi_name="mu")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = cabinetry.fit.fit(model, peer.data(model), goodness_of_fit=True)
        except (pyhf.exceptions.FailedMinimization, ValueError) as error:
            pytest.skip(f"cabinetry's fit fails: {str(error).splitlines()[0]}")
    if theirs.best_twice_nll > ours["twice_nll"] + AS_LOW:
        pytest.skip(f"cabinetry's fit ends {theirs.best_twice_nll - ours['twice_nll']:.2g} above the minimum")
    bins, flat = ours["counted"]["bins"], ours["counted"]["flat"]
    unconstrained = ours["counted"]["parameters"] - ours["counted"]["constraints"]
    assert ours["degrees_of_freedom"] == bins - unconstrained + flat
    if bins != sum(model.config.channel_nbins.values()) or flat:
        pytest.skip("cabinetry counts bins in which nothing can be, or parameters that do nothing")
    if ours["p_value"] is None:
        assert theirs.goodness_of_fit != theirs.goodness_of_fit  # NaN: no degrees of freedom
    else:
        from scipy.stats import chi2

        least, most = (chi2.sf(ours["t"] + sign * AS_LOW, ours["degrees_of_freedom"]) for sign in (1, -1))
        assert least - 1e-12 <= theirs.goodness_of_fit <= most + 1e-12
