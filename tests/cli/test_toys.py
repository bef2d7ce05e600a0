# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tests with toys: what they answer, that they can be split and ended, and what they refuse."""

import json
import math
import subprocess
import time

import pytest


def same(a, b):
    """But for the time that it took."""
    return {k: v for k, v in a.items() if k != "seconds"} == {k: v for k, v in b.items() if k != "seconds"}


def poisson_cdf(n, mean):
    return sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(n + 1))


@pytest.fixture
def counting(files):
    """3 events where 5 are expected and the signal brings 4: q falls with the count, so that its tails are the Poisson distribution's."""
    samples = [{"name": "background", "data": [5.0], "modifiers": []},
               {"name": "signal", "data": [4.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]}]
    return files.write("counting.json", {
        "version": "1.0.0", "channels": [{"name": "SR", "samples": samples}], "observations": [{"name": "SR", "data": [3.0]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}]})


@pytest.mark.parametrize("command", [["toys"], ["cls", "--calctype", "toybased"]])
def test_counting_experiment(answer, counting, command):
    result = answer(command[0], counting, *command[1:], "--toys", 20000, "--seed", 7)
    for key, exact in (("CLsb_obs", poisson_cdf(3, 9.0)), ("CLb_obs", poisson_cdf(3, 5.0))):
        assert result[key] == pytest.approx(exact, abs=4 * result[f"{key}_uncertainty"])
        assert result[f"{key}_uncertainty"] == pytest.approx(math.sqrt(exact * (1 - exact) / 20000), rel=0.1)
    assert result["CLs_obs"] == result["CLsb_obs"] / result["CLb_obs"]
    assert result["CLs_exp"] == sorted(result["CLs_exp"]) and len(result["CLs_exp"]) == 5
    assert result["n_toys"] == 20000 and result["n_failed"] == 0 and result["calculator"] == "toys"


def test_significance(answer, counting, files):
    document = json.loads(counting.read_text())
    document["observations"][0]["data"] = [10.0]
    many = files.write("many.json", document)
    result = answer("significance", many, "--calctype", "toybased", "--toys", 20000)
    assert result["p0_obs"] == pytest.approx(1 - poisson_cdf(9, 5.0), abs=4 * result["p0_obs_uncertainty"])
    # With the signal the median count is 9.
    assert result["p0_exp"] == pytest.approx(1 - poisson_cdf(8, 5.0), abs=4 * result["p0_exp_uncertainty"])
    assert result["significance_obs"] > result["significance_exp"] > 0
    # The significance of an observation that no toy reaches is not known.
    document["observations"][0]["data"] = [40.0]
    result = answer("significance", files.write("more.json", document), "--calctype", "toybased", "--toys", 100)
    assert result["p0_obs"] == 0 and result["significance_obs"] is None
    assert any("none of 100 toys" in note for note in result["notes"])
    # Nor is there one without an excess.
    document["observations"][0]["data"] = [2.0]
    result = answer("significance", files.write("less.json", document), "--calctype", "toybased", "--toys", 100)
    assert result["p0_obs"] == 1 and result["significance_obs"] == 0
    assert any("no excess" in note for note in result["notes"])


def test_threads_and_seeds(answer, files):
    ask = ["toys", files.background, "--patch", files.patch, "--toys", 200, "--values"]
    one = answer(*ask)
    assert same(answer(*ask, "--jobs", 3), one)
    assert answer(*ask, "--seed", 1)["toys"] != one["toys"]
    assert answer(*ask, "--seed", 2**53 - 1)["seed"] == 2**53 - 1
    later = answer(*ask, "--first", 150)
    assert later["toys"]["tested"]["q"][:50] == one["toys"]["tested"]["q"][150:]


def test_a_run_that_is_killed_goes_on_where_it_was(relume, answer, files, tmp_path):
    folder = tmp_path / "run"
    ask = ["toys", files.background, "--patch", files.patch, "--batch", 100, "--values"]
    process = subprocess.Popen([relume.program, *map(str, [*ask, "--toys", 1000000, "--shards", folder])], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(folder.glob("toys-*.json"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    finished = {path: path.read_bytes() for path in folder.glob("toys-*.json")}
    assert len(finished) >= 3
    n_toys = 100 * (len(finished) + 2)
    result = answer(*ask, "--toys", n_toys, "--shards", folder)
    assert same(result, answer(*ask, "--toys", n_toys))
    assert all(path.read_bytes() == content for path, content in finished.items())
    assert len(list(folder.glob("toys-*.json"))) == len(finished) + 2


def test_machines_share_a_run(answer, files, tmp_path):
    ask = ["toys", files.background, "--patch", files.patch, "--batch", 50, "--values", "--shards", tmp_path / "run"]
    answer(*ask, "--first", 100, "--toys", 100)
    answer(*ask, "--first", 0, "--toys", 100)
    whole = answer(*ask, "--toys", 200)
    assert len(list((tmp_path / "run").iterdir())) == 4
    assert same(whole, answer(*ask[:-2], "--toys", 200))


def test_shards_stop_when_they_are_accurate_enough(answer, files, tmp_path):
    ask = ["toys", files.background, "--patch", files.patch, "--toys", 100000, "--batch", 100, "--accuracy", 0.05]
    result = answer(*ask, "--shards", tmp_path / "run")
    assert result["CLs_obs_uncertainty"] <= 0.05 and result["n_toys"] < 100000
    assert same(result, answer(*ask))


@pytest.mark.parametrize("change, complaint", [
    (["--test-poi", 2], "tested values"), (["--seed", 1], "seeds"), (["--test-stat", "q"], "test statistics"), (["--asimov", "a-priori"], "kinds of Asimov data"),
    (["--ensemble", "prior-predictive"], "ensembles"), (["--fix", "JES=0.5"], "models or data"), (["--test-stat", "q0", "--test-poi", 0], "tested values")])
@pytest.mark.parametrize("n_toys", [10, 20])
def test_shards_of_another_question_are_refused(relume, answer, files, tmp_path, change, complaint, n_toys):
    ask = ["toys", files.background, "--patch", files.patch, "--batch", 10, "--shards", tmp_path / "run"]
    answer(*ask, "--toys", 10)
    result = relume(*ask, "--toys", n_toys, *change)
    assert result.returncode == 2 and f"different {complaint}" in result.stderr and "toys-000000000000-10.json" in result.stderr, result.stderr


def test_broken_shards_are_refused(relume, answer, files, tmp_path):
    ask = ["toys", files.background, "--patch", files.patch, "--batch", 10, "--shards", tmp_path / "run"]
    answer(*ask, "--toys", 10)
    shard = next((tmp_path / "run").iterdir())
    for broken, complaint in (("{", "toys-000000000000-10.json"), ("{}", "the key 'toys' is missing"),
                              (shard.read_text().replace('"qtilde"', '"best"'), "'best' is not known"),
                              (shard.read_text().replace('"seed": 0', '"seed": -1.5'), "#/seed: must be a whole number"),
                              (shard.read_text().replace('"q": [', '"q": [1.0, ', 1), "as many of both"),
                              (shard.read_text().replace('"q": [', '"q": [1.0, '), "holds 11 toys"),
                              (shard.read_text().replace('"first": 0', '"first": 10'), "from number 10 on")):
        before = shard.read_text()
        assert broken != before
        shard.write_text(broken)
        result = relume(*ask, "--toys", 20)
        assert result.returncode == 2 and complaint in result.stderr, result.stderr
        shard.write_text(before)


@pytest.mark.parametrize("arguments, complaint", [
    (["cls", "--toys", 10], "--toys is for --calctype toybased"),
    (["significance", "--accuracy", 0.1], "--accuracy is for --calctype toybased"),
    (["toys", "--toys", 0], "--toys"),
    (["toys", "--toys", -5], "--toys"),
    (["toys", "--accuracy", 0], "--accuracy"),
    (["toys", "--ensemble", "bayes"], "--ensemble"),
    (["toys", "--seed", 2**53 + 1], "--seed"),
    (["toys", "--test-poi", -1], "--test-poi must not be negative"),
])
def test_requests_without_sense(relume, files, arguments, complaint):
    result = relume(arguments[0], files.background, "--patch", files.patch, *arguments[1:])
    assert result.returncode == 1 and complaint in result.stderr, result.stderr


def test_without_parameter_of_interest(relume, files):
    result = relume("toys", files.background)
    assert result.returncode == 2 and "parameter of interest" in result.stderr


def test_toys_of_a_patchset(answer, relume, files):
    result = answer("cls", files.background, "--patchset", files.patchset, "--calctype", "toybased", "--toys", 50)
    assert [p["n_toys"] for p in result["results"]] == [50] * 5
    table = relume("cls", files.background, "--patchset", files.patchset, "--calctype", "toybased", "--toys", 50, "--format", "table")
    assert table.returncode == 0 and table.stdout.count(" ok") == 5


@pytest.mark.parametrize("command", [["toys"], ["significance", "--calctype", "toybased"]])
def test_tables(relume, files, command):
    result = relume(command[0], files.background, "--patch", files.patch, *command[1:], "--toys", 100, "--format", "table")
    assert result.returncode == 0 and " +- " in result.stdout and "100 per hypothesis, frequentist, seed 0; 0 failed" in result.stdout


def test_a_limit_from_toys_goes_on_where_it_was(answer, relume, files, tmp_path):
    ask = ["limit", files.background, "--patch", files.patch, "--calctype", "toybased", "--toys", 300, "--batch", 200]
    limit = answer(*ask)
    assert limit["calculator"] == "toys" and len(limit["points"]) >= 5 and limit["expected"] == sorted(limit["expected"])
    asymptotic = answer("limit", files.background, "--patch", files.patch)
    assert limit["observed"] == pytest.approx(asymptotic["observed"], abs=4 * limit["observed_uncertainty"] + 0.1 * asymptotic["observed"])
    folder = tmp_path / "run"
    assert same(answer(*ask, "--shards", folder), limit)
    assert sorted(float(p.name) for p in folder.iterdir()) == [p["value"] for p in limit["points"]]
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.json")}
    assert len(before) == 2 * len(limit["points"])
    assert same(answer(*ask, "--shards", folder, "--jobs", 2), limit)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*.json")} == before
    table = relume(*ask, "--format", "table").stdout
    assert "+1 sigma" in table and "+-" in table


def test_feldman_cousins(answer, relume, files, tmp_path):
    ask = ["intervals", files.background, "--patch", files.patch, "--calctype", "toybased", "--toys", 200, "--level", 0.9]
    interval = answer(*ask)
    assert interval["parameter"] == "mu" and interval["upper"] > interval["best"] and interval["test_statistic"]["name"] == "ttilde"
    for _ in range(2):
        assert same(answer(*ask, "--shards", tmp_path / "run"), interval)
    nuisance = answer(*ask, "--parameter", "JES", "--test-stat", "t")
    assert nuisance["lower"] < nuisance["best"] < nuisance["upper"]
    assert "lower" in relume(*ask, "--format", "table").stdout


@pytest.mark.parametrize("arguments, complaint", [
    (["intervals", "--test-stat", "t"], "--test-stat is for --calctype toybased"),
    (["intervals", "--calctype", "toybased", "--parameter", "mu", "--parameter", "JES"], "one parameter at a time"),
    (["limit", "--toys", 10], "--toys is for --calctype toybased"),
    (["limit", "--shards", "folder"], "--shards is for --calctype toybased"),
    (["limit", "--calctype", "toybased", "--toys", 0], "--toys")])
def test_requests_of_toy_limits_without_sense(relume, files, arguments, complaint):
    result = relume(arguments[0], files.background, "--patch", files.patch, *arguments[1:])
    assert result.returncode == 1 and complaint in result.stderr, result.stderr
