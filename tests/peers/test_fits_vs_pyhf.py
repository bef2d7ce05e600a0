# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits and CLs values beside pyhf's with its default optimizer (scipy's SLSQP), on random workspaces.

relume's minimum is never above pyhf's, and where pyhf's fits are as low the physics agrees. Where pyhf fails, or stops above
the minimum, the test is skipped after relume's part has passed, with the reason: `pytest -rs` lists and counts them.
"""

import json
import logging
import random
import warnings

import pytest
import random_model

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of these tests, is not installed")
logging.getLogger("pyhf").setLevel(logging.ERROR)

N_MODELS, N_MODELS_SLOW = 40, 400

ABOVE = 1e-6  # in -2 ln L: what relume's minimum may be above anybody's
AS_LOW = 3e-6  # in -2 ln L: tolerance of SLSQP (ftol 1e-6) at its best
# CLs moves by about the noise of the peer's test statistic, twice AS_LOW, and by what its parameters at the background-only fit
# miss (about 1e-5 of their uncertainties) in the Asimov data.
CLS_RELATIVE, CLS_FLOOR = 1e-4, 1e-7


class Both:
    """One workspace, in relume and in pyhf."""

    def __init__(self, relume, folder, seed):
        self.relume, self.path = relume, folder / "workspace.json"
        workspace = random_model.workspace(random.Random(f"fit {seed}"), gentle=True)
        print(f"seed {seed}:\n{json.dumps(workspace)}")  # pytest shows it on failure
        self.path.write_text(json.dumps(workspace), encoding="utf-8")
        peer = pyhf.Workspace(workspace, validate=False)
        self.model = peer.model(validate=False, poi_name="mu")
        self.data = peer.data(self.model)

    def answer(self, *arguments):
        run = self.relume(*arguments, self.path)
        assert run.returncode == 0, run.stdout + run.stderr
        return json.loads(run.stdout)

    def minimum(self, *arguments):
        result = self.answer("fit", *arguments)
        assert result["status"] in ("converged", "singular")
        assert result["certificate"]["projected_gradient"] < 1e-6 and result["certificate"]["edm"] < 1e-9
        return result["twice_nll"]

    def peers(self, compute):
        """What pyhf makes of it; skips with its complaint when it fails."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's, on the way to a failure or not
            try:
                return compute()
            except pyhf.exceptions.FailedMinimization as error:
                pytest.skip(f"pyhf's fit fails: {str(error).splitlines()[0]}")

    def peers_twice_nll(self, parameters):
        return -2 * float(self.model.logpdf(parameters, self.data)[0])


@pytest.fixture
def both(relume, tmp_path, request):
    return Both(relume, tmp_path, request.param)


def compare(both):
    free, background, signal = both.minimum(), both.minimum("--fix", "mu=0"), both.minimum("--fix", "mu=1")
    ours = both.answer("cls", "--test-poi", "1")
    assert abs(ours["test_statistic"]["q"] - (signal - free if ours["mu_hat"] <= 1 else 0)) < 1e-8

    *_, theirs, calculator = both.peers(lambda: pyhf.infer.hypotest(
        1.0, both.data, both.model, return_tail_probs=False, return_expected_set=True, return_calculator=True))
    fits = calculator.fitted_pars
    peers = {"free": (free, both.peers_twice_nll(fits.free_fit_to_data)),
             "mu = 0": (background, both.peers_twice_nll(fits.asimov_pars)),
             "mu = 1": (signal, both.peers_twice_nll(fits.fixed_poi_fit_to_data))}
    for name, (low, value) in peers.items():
        assert low <= value + ABOVE, name
    above = [f"{name} by {value - low:.2g}" for name, (low, value) in peers.items() if value > low + AS_LOW]
    if above:
        pytest.skip(f"pyhf stops above the minimum: {', '.join(above)}")
    observed = both.peers(lambda: pyhf.infer.hypotest(1.0, both.data, both.model))
    for value, expected in zip([ours["CLs_obs"], *ours["CLs_exp"]], [observed, *theirs], strict=True):
        assert abs(value - float(expected)) <= CLS_RELATIVE * float(expected) + CLS_FLOOR


@pytest.mark.parametrize("both", range(N_MODELS), indirect=True)
def test_fits(both):
    compare(both)


@pytest.mark.slow
@pytest.mark.parametrize("both", range(10_000, 10_000 + N_MODELS_SLOW), indirect=True)
def test_many_fits(both):
    compare(both)
