# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fits and CLs values beside pyhf's with its default optimizer, scipy's SLSQP, at a tighter tolerance, on random workspaces.

relume's minimum is never above pyhf's, and where pyhf's fits are as low the physics agrees. Where pyhf fails, or stops above
the minimum, the test is skipped after relume's part has passed, with the reason: `pytest -rs` lists and counts them.
"""

import copy
import json
import logging
import math
import random
import warnings

import pytest
import random_model

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of these tests, is not installed")
logging.getLogger("pyhf").setLevel(logging.ERROR)

N_MODELS, N_MODELS_SLOW = 12, 300

Q_ABSOLUTE = 1e-8
# Of SLSQP. Its default of 1e-6 leaves 2e-4 of noise in CLs: the error of q on Asimov data is linear in what the background-only
# fit behind them misses.
TOLERANCE = 1e-10
ABOVE = 1e-6  # in -2 ln L: what relume's minimum may be above anybody's
AS_LOW = 1e-7  # in -2 ln L
# The Asimov data, and with them q_A, take over the point of the background-only fit, not its value: a value 1e-8 above the minimum
# is 1e-4 of a standard deviation away, which CLs shows (seed 10148: Newton's method on pyhf's own likelihood gives relume's band).
BACKGROUND_AS_LOW = 1e-9
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

    def on_asimov_data(self, folder, asimov_data):
        """The same model, with the data that pyhf made from its own background-only fit."""
        workspace = json.loads(self.path.read_text(encoding="utf-8"))
        n_main, config = self.model.config.nmaindata, self.model.config
        for observation in workspace["observations"]:
            observation["data"] = list(asimov_data[:n_main][config.channel_slices[observation["name"]]])
        configs = {c["name"]: c for c in workspace["measurements"][0]["config"]["parameters"]}
        at = n_main
        for name in config.auxdata_order:
            size = config.param_set(name).n_parameters
            configs.setdefault(name, {"name": name})["auxdata"] = list(asimov_data[at:at + size])
            at += size
        workspace["measurements"][0]["config"]["parameters"] = list(configs.values())
        other = copy.copy(self)
        other.path, other.data = folder / "asimov.json", asimov_data
        other.path.write_text(json.dumps(workspace), encoding="utf-8")
        return other

    def peers_twice_nll(self, parameters):
        return -2 * float(self.model.logpdf(parameters, self.data)[0])


@pytest.fixture(scope="module", autouse=True)
def precise_pyhf():
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=TOLERANCE))
    yield
    pyhf.set_backend("numpy")


@pytest.fixture
def both(relume, tmp_path, request):
    return Both(relume, tmp_path, request.param)


def compare(both, folder):
    free, background, signal = both.minimum(), both.minimum("--fix", "mu=0"), both.minimum("--fix", "mu=1")
    ours = both.answer("cls", "--test-poi", "1")
    assert abs(ours["test_statistic"]["q"] - (signal - free if ours["mu_hat"] <= 1 else 0)) < Q_ABSOLUTE

    observed, expected, calculator = both.peers(lambda: pyhf.infer.hypotest(
        1.0, both.data, both.model, return_expected_set=True, return_calculator=True))
    if not all(math.isfinite(float(value)) for value in (observed, *expected)):
        pytest.skip(f"pyhf answers {float(observed)} (q and q_A are both 0)")
    fits = calculator.fitted_pars
    asimov = both.on_asimov_data(folder, both.model.expected_data(fits.asimov_pars))
    pairs = {"free": (free, both.peers_twice_nll(fits.free_fit_to_data)),
             "mu = 0": (background, both.peers_twice_nll(fits.asimov_pars)),
             "mu = 1": (signal, both.peers_twice_nll(fits.fixed_poi_fit_to_data)),
             "free on Asimov data": (asimov.minimum(), asimov.peers_twice_nll(fits.free_fit_to_asimov)),
             "mu = 1 on Asimov data": (asimov.minimum("--fix", "mu=1"), asimov.peers_twice_nll(fits.fixed_poi_fit_to_asimov))}
    for name, (low, value) in pairs.items():
        assert low <= value + ABOVE, name
    above = [f"{name} by {value - low:.1g}" for name, (low, value) in pairs.items()
             if value > low + (BACKGROUND_AS_LOW if name == "mu = 0" else AS_LOW)]
    agree = [abs(value - float(peers)) <= CLS_RELATIVE * max(float(peers), CLS_FLOOR)
             for value, peers in zip([ours["CLs_obs"], *ours["CLs_exp"]], [observed, *expected], strict=True)]
    if above and not all(agree):
        pytest.skip(f"pyhf stops above the minimum: {', '.join(above)}")
    assert all(agree), (ours, observed, expected)


@pytest.mark.parametrize("both", range(N_MODELS), indirect=True)
def test_fits(both, tmp_path):
    compare(both, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("both", range(10_000, 10_000 + N_MODELS_SLOW), indirect=True)
def test_many_fits(both, tmp_path):
    compare(both, tmp_path)
