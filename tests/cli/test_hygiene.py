# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""validate, prune-small, symmetrise and decorrelate through the program; tests/unit/check and tests/unit/edit have the cases."""

import copy
import json
import pathlib

import pytest
import small_search


def with_signal():
    workspace = small_search.background_only()
    workspace["channels"][0]["samples"].append({"name": "signal", "data": [4.0, 2.8], "modifiers": [small_search.modifier("mu", "normfactor")]})
    return workspace


def test_what_decides_the_exit_code(relume, answer, files):
    clean = with_signal()
    for sample in clean["channels"][0]["samples"] + clean["channels"][1]["samples"]:
        sample["modifiers"] = [m for m in sample["modifiers"] if m["name"] != "JES"]
    path = files.write("clean.json", clean)
    found = answer("validate", path, "--format", "json", "--fail-on", "warning")
    assert (found["worst"], found["n_errors"], found["n_warnings"]) == ("note", 0, 0)  # the control region never sees the signal
    assert relume("validate", path, "--fail-on", "note").returncode == 3
    assert relume("validate", path, "--fail-on", "note", "--skip", "channel-without-poi").returncode == 0

    odd = copy.deepcopy(clean)
    odd["channels"][0]["samples"][0]["modifiers"].append(small_search.modifier("x", "normsys", {"lo": 1.0, "hi": 1.2}))
    path = files.write("warning.json", odd)
    assert [relume("validate", path, "--fail-on", s).returncode for s in ("never", "error", "warning", "note")] == [0, 0, 3, 3]
    odd["channels"][0]["samples"][2]["modifiers"].append(small_search.modifier("k", "normfactor"))
    path = files.write("error.json", odd)
    assert [relume("validate", path, "--fail-on", s).returncode for s in ("never", "error", "warning", "note")] == [0, 3, 3, 3]
    assert relume("validate", path, "--fix", "k=1").returncode == 0  # then it is told from the parameter of interest


def test_signals_come_as_for_the_other_commands(answer, files):
    def checks(*options):
        return {f["check"] for f in answer("validate", files.background, "--format", "json", *options)["findings"]}

    assert "poi-on-no-sample" in checks()
    for options in (("--patch", files.patch), ("--patchset", files.patchset, "--point", "point_0"), ("--signal", files.signal)):
        assert "poi-on-no-sample" not in checks(*options)


def test_tables_and_wrong_questions(relume, files):
    table = relume("validate", files.background)
    assert table.returncode == 0 and "poi-on-no-sample (1)" in table.stdout and "0 errors, 0 warnings, 2 notes" in table.stdout
    refused = relume("validate", files.background, "--skip", "one-sided-variations")
    assert refused.returncode == 1 and "'one-sided-variation'" in refused.stderr
    assert relume("decorrelate", files.background).returncode == 1
    assert relume("decorrelate", files.background, "-m", "mu_topp").returncode == 2
    assert relume("symmetrise", files.background, "-m", "nobody").returncode == 2


def test_decorrelated_names(answer, files):
    edited = answer("decorrelate", files.background, "-m", "JES")
    names = {m["name"] for c in edited["channels"] for s in c["samples"] for m in s["modifiers"]}
    assert {"JES_SR", "JES_CR"} <= names and "JES" not in names
    assert answer("decorrelate", files.background, "-m", "JES", "--by", "sample", "-c", "SR")["channels"][0]["samples"][0]["modifiers"][0]["name"] == "JES_top"


def test_pruning_is_reported_and_checked(relume, answer, files, tmp_path):
    workspace = with_signal()
    top = workspace["channels"][0]["samples"][0]["modifiers"]
    top.append(small_search.modifier("small", "normsys", {"lo": 0.997, "hi": 1.002}))
    path, report = files.write("w.json", workspace), tmp_path / "report.json"
    result = relume("prune-small", path, "--check", "--report", report)
    assert result.returncode == 0, result.stderr
    names = {m["name"] for c in json.loads(result.stdout)["channels"] for s in c["samples"] for m in s["modifiers"]}
    assert "small" not in names and "JES" in names
    assert "2 of 3 are left" in result.stderr and "expected limit" in result.stderr

    told = json.loads(report.read_text())
    assert told["gone_parameters"] == ["small"]
    (change,) = told["changes"]
    assert change == {"channel": "SR", "sample": "top", "modifier": "small", "action": "removed",
                      "norm_lo": pytest.approx(-0.003), "norm_hi": pytest.approx(0.002), "shape": 0.0}
    # What the limits of both files are.
    pruned = files.write("pruned.json", json.loads(result.stdout))
    for when, file in (("before", path), ("after", pruned)):
        limit = answer("limit", file)
        assert told["check"]["observed_limit"][when] == limit["observed"]
        assert [e[when] for e in told["check"]["expected_limits"]] == limit["expected"]
    assert abs(told["check"]["expected_limits"][2]["relative_change"]) < 1e-3
    # Nothing is fitted, and nothing is said of fits, without --check.
    relume("prune-small", path, "--report", report)
    assert "check" not in json.loads(report.read_text())


def published_workspaces(shared):
    for path in sorted(pathlib.Path(shared / "data" / "histfactory-json").rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict) and "channels" in document:
            yield path


def test_published_models_have_no_errors(relume, shared):
    """But the one whose parameter of interest goes along with a free normalisation."""
    with_errors, n_files = {}, 0
    for path in published_workspaces(shared):
        result = relume("validate", path, "--format", "json", "--fail-on", "never")
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        n_files += 1
        # One line per check: nobody is drowned.
        assert found["n_errors"] + found["n_warnings"] <= 8, path
        errors = [f for f in found["findings"] if f["severity"] == "error"]
        if errors:
            with_errors[path.name] = [(f["check"], [p["parameters"] for p in f["places"]]) for f in errors]
    assert n_files > 50
    assert list(with_errors) == ["single_channel_big.json"]
    ((check, groups),) = with_errors["single_channel_big.json"]
    assert check == "poi-degenerate"


@pytest.mark.parametrize("file", ["ATLAS-SUSY-2018-31_sbottom/RegionB_BkgOnly.json", "ATLAS-TOPQ-2018-08_ttZ/atlas-ttz-3l.json"])
def test_published_models_are_edited(relume, answer, shared, tmp_path, file):
    """What comes out is read again, and has nothing one-sided left."""
    path = shared / "data" / "histfactory-json" / file
    pruned, symmetric = tmp_path / "pruned.json", tmp_path / "symmetric.json"
    assert relume("prune-small", path, "--output-file", pruned).returncode == 0
    again = relume("prune-small", pruned, "--output-file", tmp_path / "again.json")
    assert again.returncode == 0 and (tmp_path / "again.json").read_text() == pruned.read_text()
    assert relume("symmetrise", path, "--output-file", symmetric).returncode == 0
    checks = {f["check"] for f in answer("validate", symmetric, "--relevant", "0", "--fail-on", "never", "--format", "json")["findings"]}
    assert not checks & {"one-sided-variation", "up-equals-down", "same-side-normalisation"}


def test_a_report_that_cannot_be_written_leaves_nothing_behind(relume, files, tmp_path):
    output = tmp_path / "less.json"
    result = relume("prune-small", files.background, "--report", tmp_path / "nowhere" / "report.json", "--output-file", output)
    assert result.returncode == 2 and result.stdout == "" and not output.exists()
