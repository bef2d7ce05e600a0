# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Counting experiments in batches: arrays in, arrays out, the numbers of the general functions."""

import numpy as np
import pytest
import relume

POINTS = {"observed": [3, 0, 55, 2], "background": [2.5, 0.5, 50.0, 8.0], "uncertainty": [1.0, 0.3, 12.0, 1.5], "signal": [4.0, 2.0, 20.0, 3.0]}


def as_model(n, b, sigma, s) -> relume.Model:
    t = {"name": "t", "type": "histosys", "data": {"lo_data": [b - sigma], "hi_data": [b + sigma]}}
    return relume.Workspace({
        "channels": [{"name": "SR", "samples": [{"name": "background", "data": [b], "modifiers": [t]},
                                                {"name": "signal", "data": [s], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]}],
        "observations": [{"name": "SR", "data": [n]}], "version": "1.0.0",
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": [{"name": "t", "bounds": [[-1e6, 1e6]]}]}}]}).model()


@pytest.mark.parametrize("options", [{}, {"asimov": "a-priori"}, {"test_stat": "q", "level": 0.9}])
def test_limits_are_those_of_upper_limit(options):
    limits = relume.counting_limits(**POINTS, **options, constraint="measurement")
    assert limits.is_usable.all() and limits.level == options.get("level", 0.95)
    for i, numbers in enumerate(zip(*POINTS.values(), strict=True)):
        theirs = relume.upper_limit(as_model(*numbers), **options)
        assert limits.observed[i] == pytest.approx(theirs.observed, rel=1e-6)  # upper_limit's tolerance is 1e-7
        assert limits.expected[i] == pytest.approx(theirs.expected, rel=1e-6)
        assert limits.mu_hat[i] == pytest.approx(theirs.mu_hat, abs=1e-5)


def test_tests_are_those_of_hypotest():
    tests = relume.counting_tests(**POINTS, mu=1.3, constraint="measurement")
    for i, numbers in enumerate(zip(*POINTS.values(), strict=True)):
        theirs = relume.hypotest(as_model(*numbers), 1.3)
        assert tests.observed[i] == pytest.approx(theirs.observed, abs=1e-7)
        assert tests.expected[i] == pytest.approx(theirs.expected, abs=1e-7)
        assert tests.q[i] == pytest.approx(theirs.test_statistic["q"], abs=1e-7)
        assert tests.clsb[i] / tests.clb[i] == pytest.approx(tests.observed[i], rel=1e-12)
    assert tests.mu == 1.3


def test_arrays_go_together():
    grid = relume.counting_limits(np.arange(6).reshape(2, 3), 2.0, [0.5, 1.0, 1.5])
    assert grid.observed.shape == grid.status.shape == grid.is_usable.shape == (2, 3) and grid.expected.shape == (2, 3, 5)
    assert grid.observed[1, 2] == relume.counting_limits(5, 2.0, 1.5).observed
    one = relume.counting_limits(3, 2, 1)
    assert one.observed.shape == () and one.expected.shape == (5,) and one.status == "ok"
    none = relume.counting_limits([], [], [])
    assert none.observed.shape == (0,) and none.expected.shape == (0, 5)
    many = relume.counting_limits(np.arange(30000) % 50, 20.0, 4.0, threads=2)
    assert np.array_equal(many.observed, relume.counting_limits(np.arange(30000) % 50, 20.0, 4.0).observed)


def test_points_without_an_answer_keep_their_place_and_reason():
    limits = relume.counting_limits([3, 3, -1, 3], 2.0, [1.0, 1.0, 1.0, np.nan], [1.0, 0.0, 1.0, 1.0])
    assert limits.status.tolist() == ["ok", "no_sensitivity", "not_defined", "not_defined"]
    assert np.isnan(limits.observed).tolist() == [False, True, True, True]
    assert limits.reason[0] == "" and "observed" in limits.reason[2] and "uncertainty" in limits.reason[3]
    assert repr(limits) == "<CountingLimits of 4 points, 1 usable>"


def test_expected_limits_may_be_left_out():
    limits = relume.counting_limits(3, 2, 1, expected=False)
    assert np.isnan(limits.expected).all()
    assert limits.observed == relume.counting_limits(3, 2, 1).observed


def test_the_most_sensitive_region():
    choice = relume.most_sensitive_region([0, 5, 9, 3], [9, 2, 4, 4], 1.0, [2, 1, 2, 0])
    assert choice.best == 2 and choice.limits.observed[0] < choice.limits.observed[2]
    a_priori = relume.counting_limits([0, 5, 9, 3], [9, 2, 4, 4], 1.0, [2, 1, 2, 0], asimov="a-priori")
    assert np.array_equal(choice.expected, a_priori.expected[:, 2], equal_nan=True)
    assert relume.most_sensitive_region([1], [1], [1], [0]).best is None


# CMS-SUS-20-004, SR1 in the SModelS database: 0.1621 and 0.2746 fb at 137/fb.
def test_a_published_limit():
    assert relume.counting_limits(138, 160.57, 14).observed / 137 == pytest.approx(0.1621, abs=5e-5)
    assert relume.counting_limits(138, 160.57, 14, asimov="a-priori").expected[2] / 137 == pytest.approx(0.2746, abs=5e-5)


@pytest.mark.parametrize("change, where", [
    ({"observed": "many"}, "observed"), ({"background": [1.0, 2.0, 3.0]}, "observed"), ({"level": 1.0}, "level"), ({"level": "high"}, "level"),
    ({"test_stat": "t"}, "test_stat"), ({"test_stat": "Q"}, "test_stat"), ({"asimov": "none"}, "asimov"), ({"constraint": "x"}, "constraint"),
    ({"threads": 0}, "threads"), ({"expected": 1}, "expected"),
])
def test_bad_arguments(change, where):
    with pytest.raises(relume.OptionError) as caught:
        relume.counting_limits(**(POINTS | change))
    assert caught.value.problems[0].where == where


def test_more_bad_arguments():
    for mu in (-1.0, float("nan"), "one"):
        with pytest.raises(relume.OptionError, match="mu"):
            relume.counting_tests(3, 2, 1, mu=mu)
    with pytest.raises(relume.OptionError, match="shape"):
        relume.most_sensitive_region(3, 2, 1, 1)
