# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The same question for every point of a patchset: order, threads, failures, interruption."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
import small_search
from test_results import without_seconds

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent


def test_every_point_has_its_entry(answer, files):
    result = answer("limit", files.background, "--patchset", files.patchset)
    assert result["labels"] == ["mass", "other"] and result["notes"] == []
    assert [r["name"] for r in result["results"]] == [f"point_{i}" for i in range(5)]
    assert [r["values"] for r in result["results"]] == [[100 + i, 50] for i in range(5)]
    assert result["n_points"] == result["n_usable"] == 5
    one = answer("limit", files.background, "--patchset", files.patchset, "--point", "point_3")
    entry = without_seconds(result["results"][3])
    assert {k: entry[k] for k in without_seconds(one)} == without_seconds(one)


def test_cls_of_every_point(answer, files):
    result = answer("cls", files.background, "--patchset", files.patchset, "--test-poi", 0.5)
    one = answer("cls", files.background, "--patchset", files.patchset, "--point", "point_2", "--test-poi", 0.5)
    assert result["results"][2]["CLs_exp"] == one["CLs_exp"] and result["results"][2]["CLs_obs"] == one["CLs_obs"]


def test_results_do_not_depend_on_the_number_of_threads(answer, files):
    path = files.write("many.json", small_search.patchset(small_search.background_only(), 40))
    alone = answer("limit", files.background, "--patchset", path)
    for jobs in (2, 7, 100):
        assert without_seconds(answer("limit", files.background, "--patchset", path, "--jobs", jobs)) == without_seconds(alone)


def test_a_patch_that_does_not_apply_fails_alone(relume, answer, files):
    patchset = small_search.patchset(small_search.background_only(), 3)
    patchset["patches"][1]["patch"] = [{"op": "remove", "path": "/channels/7"}]
    path = files.write("broken.json", patchset)
    result = answer("limit", files.background, "--patchset", path)
    assert [r["status"] for r in result["results"]] == ["ok", "patch_failed", "ok"]
    failed = result["results"][1]
    assert failed["observed"] is None and failed["expected"] == [None] * 5 and "/channels/7" in failed["reason"]
    table = relume("limit", files.background, "--patchset", path, "--format", "table").stdout
    assert f"\n{failed['name']}: {failed['reason']}\n" in table


def test_a_point_without_signal_fails_alone(answer, files):
    patchset = small_search.patchset(small_search.background_only(), 2)
    patchset["patches"][0]["patch"] = []
    path = files.write("empty.json", patchset)
    result = answer("cls", files.background, "--patchset", path)
    assert [r["status"] for r in result["results"]] == ["model_failed", "ok"]
    assert "'mu'" in result["results"][0]["reason"] and result["results"][0]["CLs_obs"] is None


def test_exit_code_when_no_point_is_usable(answer, files):
    patchset = small_search.patchset(small_search.background_only(), 2)
    for patch in patchset["patches"]:
        patch["patch"] = small_search.signal_patch([0.0, 0.0])
    path = files.write("useless.json", patchset)
    result = answer("limit", files.background, "--patchset", path, code=3)
    assert [r["status"] for r in result["results"]] == ["no_sensitivity"] * 2 and result["n_usable"] == 0


def test_a_wrong_option_is_no_matter_of_the_points(relume, files):
    result = relume("limit", files.background, "--patchset", files.patchset, "--fix", "JEX=1")
    assert result.returncode == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and "did you mean 'JES'" in result.stderr


def test_table_of_points(relume, files):
    result = relume("limit", files.background, "--patchset", files.patchset, "--format", "table")
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["point", "mass", "other", "observed"] and len(lines) == 7


def test_digest_of_another_workspace_warns(relume, files):
    workspace = small_search.background_only()
    workspace["observations"][1]["data"] = [205]
    other = files.write("other.json", workspace)
    result = relume("limit", other, "--patchset", files.patchset, "--point", "point_0")
    assert result.returncode == 0 and "warning" in result.stderr and "sha256" in result.stderr
    assert any("sha256" in note for note in json.loads(result.stdout)["notes"])
    verified = relume("patchset", "verify", other, files.patchset)
    assert verified.returncode == 2 and verified.stdout == ""
    assert relume("patchset", "verify", files.background, files.patchset).stdout == "All good.\n"


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process, as only POSIX systems can")
def test_interruption_keeps_what_is_done(files, tmp_path):
    path = files.write("long.json", small_search.patchset(small_search.background_only(), 30000))
    output = tmp_path / "limits.json"
    program = os.environ.get("RELUME_CLI", str(CHECKOUT / "build" / "relume"))
    process = subprocess.Popen([program, "limit", files.background, "--patchset", path, "--output-file", output], stderr=subprocess.PIPE)
    # The handler is in place once the input has been read; before that an interruption just ends the program.
    wait_until_sigint_is_caught(process.pid)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert process.stderr.read() == b""
    process.stderr.close()
    results = json.loads(output.read_text())["results"]
    statuses = [r["status"] for r in results]
    assert len(results) == 30000 and set(statuses) == {"ok", "interrupted"}
    assert all(r["observed"] is None for r in results if r["status"] == "interrupted")


def wait_until_sigint_is_caught(pid):
    for _ in range(6000):
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            caught = next(line for line in status if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) & (1 << (signal.SIGINT - 1)):
            return
        time.sleep(0.01)
    raise AssertionError("the program never got to work")


def test_list_and_extract(answer, relume, files):
    listed = answer("patchset", "list", files.patchset, "--format", "json")
    assert [p["name"] for p in listed["points"]] == [f"point_{i}" for i in range(5)]
    table = relume("patchset", "list", files.patchset).stdout
    assert "5 points" in table and "point_4" in table
    assert answer("patchset", "extract", files.patchset, "--name", "point_1") == small_search.signal_patch([6.0, 0.7 * 6.0])
    with_metadata = answer("patchset", "extract", files.patchset, "--name", "point_1", "--with-metadata")
    assert with_metadata["metadata"]["name"] == "point_1" and with_metadata["metadata"]["labels"] == ["mass", "other"]
    missing = relume("patchset", "extract", files.patchset, "--name", "point_9")
    assert missing.returncode == 2 and "'point_1'" in missing.stderr


def test_apply_is_extract_and_patch(answer, files):
    applied = answer("patchset", "apply", files.background, files.patchset, "--name", "point_2")
    expected = small_search.background_only()
    expected["channels"][0]["samples"].append(small_search.signal_patch([4.0, 0.7 * 4.0])[0]["value"])
    assert applied == expected


def test_likelihood_files_that_hold_a_workspace_are_one(relume, answer, files):
    plain = str(files.background)
    held = files.write("held.json", json.loads(relume("convert", plain).stdout))
    for command in (("digest",), ("patchset", "verify")):
        more = [files.patchset] if "verify" in command else []
        ours, theirs = relume(*command, held, *more), relume(*command, plain, *more)
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    apply = ("patchset", "apply")
    assert answer(*apply, held, files.patchset, "--name", "point_3") == answer(*apply, plain, files.patchset, "--name", "point_3")
    ours, theirs = (answer("limit", path, "--patchset", files.patchset) for path in (held, plain))
    assert without_seconds(ours) == without_seconds(theirs)
    other = files.write("other.json", {"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "unit": "events", "observed": 1.0, "expected": [None, None, 1.0, None, None]})
    for line in (["digest", other], ["patchset", "verify", other, files.patchset], ["limit", other, "--patchset", files.patchset]):
        refused = relume(*line)
        assert refused.returncode == 2 and refused.stderr.startswith(f"relume: {other}: ") and "is about channels and samples, and this is: upper limits" in refused.stderr, refused.stderr
