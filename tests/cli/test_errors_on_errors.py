# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""--error-on-error: on every command that builds a model, from a workspace too, and refused where it means nothing."""

import json

import pytest

COMMANDS = ["cls", "limit", "fit", "scan", "intervals", "significance", "nll"]


@pytest.fixture
def search(files):
    return [files.background, "--patch", files.patch]


def numbers(result):
    """What does not differ from run to run."""
    return {key: value for key, value in result.items() if key not in ("seconds", "counts", "attempts")}


@pytest.mark.parametrize("command", COMMANDS)
def test_option_and_workspace_say_the_same(answer, files, search, command):
    document = json.loads(files.background.read_text())
    document["measurements"][0]["config"]["parameters"] += [{"name": "JES", "error_on_error": 0.3}, {"name": "staterror_SR", "error_on_error": 0.2}]
    marked = files.write("marked.json", document)
    arguments = ["--set", "JES=2"] if command == "nll" else []
    options = ["--error-on-error", "JES=0.3", "--error-on-error", "staterror_SR=0.2"]
    by_option = numbers(answer(command, *search, *arguments, *options))
    assert by_option == numbers(answer(command, marked, "--patch", files.patch, *arguments))
    assert by_option != numbers(answer(command, *search, *arguments))


def test_toys_draw_the_variance(answer, search):
    toys = answer("toys", *search, "--error-on-error", "JES=0.4", "--toys", 50, "--values")
    assert toys["status"] == "ok" and toys["n_failed"] == 0
    assert toys != answer("toys", *search, "--toys", 50, "--values")


def test_impacts_and_posteriors_know_the_constraint(answer, search):
    impacts = answer("impacts", *search, "--error-on-error", "JES=0.3")
    (jes,) = (i for i in impacts["impacts"] if i["parameter"] == "JES")
    assert jes["pull"] == pytest.approx(jes["best"]) and jes["global_observable"]["up"]["shift"] * jes["global_observable"]["linear"] > 0
    normal = answer("impacts", *search)["by_data"]["statistical"]
    assert impacts["by_data"]["statistical"] == pytest.approx(normal, rel=0.02)  # JES is hardly pulled: of the main data alone
    priors = {p["parameter"]: p["prior"] for p in answer("posterior", *search, "--error-on-error", "JES=0.5")["parameters"]}
    assert priors["JES"] == "student-t(2 degrees of freedom, location 0, scale 1) of its constraint on [-5, 5]"


@pytest.mark.parametrize("options, code, complaint", [
    (["--error-on-error", "mu=0.2"], 1, "'mu': an error on the error means nothing for a normfactor"),
    (["--error-on-error", "fakes_SR=0.2"], 1, "'fakes_SR': an error on the error means nothing for a shapesys"),
    (["--error-on-error", "JES=0"], 1, "is 0"),
    (["--error-on-error", "JES=1.5"], 1, "is 1.5"),
    (["--error-on-error", "JEZ=0.5"], 2, "no parameter is called 'JEZ'"),
])
def test_what_is_refused(relume, search, options, code, complaint):
    result = relume("fit", *search, *options)
    assert result.returncode == code and complaint in result.stderr and "--error-on-error" in result.stderr


def test_usage(relume, search):
    for options in (["JES"], ["JES=much"], ["JES=0.1", "--error-on-error", "JES=0.2"]):
        result = relume("fit", *search, "--error-on-error", *options)
        assert result.returncode == 1 and "--error-on-error" in result.stderr


def test_workspaces_are_refused_with_the_place(relume, files):
    document = json.loads(files.background.read_text())
    document["measurements"][0]["config"]["parameters"].append({"name": "JES", "error_on_error": -0.1})
    result = relume("fit", files.write("bad.json", document))
    assert result.returncode == 2 and "#/measurements/0/config/parameters/1/error_on_error" in result.stderr


def test_edits_keep_it(answer, files):
    document = json.loads(files.background.read_text())
    document["measurements"][0]["config"]["parameters"].append({"name": "JES", "error_on_error": 0.3})
    renamed = answer("rename", files.write("marked.json", document), "-m", "JES", "jets")
    assert {"name": "jets", "error_on_error": 0.3} in renamed["measurements"][0]["config"]["parameters"]
