# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""combine, prune, rename, sort and digest through the program, beside pyhf."""

import copy
import json

import pytest
import small_search

pyhf = pytest.importorskip("pyhf", reason="pyhf, the peer of this test, is not installed")


def workspaces():
    left, right = small_search.background_only(), small_search.background_only()
    for channel in right["channels"] + right["observations"]:
        channel["name"] += "_2"
    right["measurements"][0]["name"] = "other"
    return left, right


def as_printed(workspace):
    return json.loads(json.dumps(workspace))


def test_combine(answer, files):
    left, right = workspaces()
    combined = answer("combine", files.write("l.json", left), files.write("r.json", right))
    assert combined == as_printed(pyhf.Workspace.combine(pyhf.Workspace(left), pyhf.Workspace(right)))


@pytest.mark.parametrize("join", ["outer", "left outer", "right outer"])
def test_combine_with_joins(answer, files, join):
    left, right = workspaces()
    right["measurements"][0]["name"] = "search"
    combined = answer("combine", files.write("l.json", left), files.write("r.json", right), "--join", join)
    assert combined == as_printed(pyhf.Workspace.combine(pyhf.Workspace(left), pyhf.Workspace(right), join=join))


def test_combine_lists_every_clash(relume, files):
    both = files.background
    result = relume("combine", both, both)
    assert result.returncode == 2 and result.stdout == ""
    assert all(name in result.stderr for name in ("'SR'", "'CR'", "'search'"))


def test_prune(answer, files):
    pruned = answer("prune", files.background, "-c", "CR", "-s", "fakes", "-t", "staterror", "-m", "JES")
    expected = pyhf.Workspace(small_search.background_only()).prune(
        channels=["CR"], samples=["fakes"], modifier_types=["staterror"], modifiers=["JES"])
    assert pruned == as_printed(expected)


def test_rename(answer, files):
    renamed = answer("rename", files.background, "-c", "SR", "A", "-s", "top", "tt", "-m", "JES", "jes", "--measurement", "search", "x")
    expected = pyhf.Workspace(small_search.background_only()).rename(
        channels={"SR": "A"}, samples={"top": "tt"}, modifiers={"JES": "jes"}, measurements={"search": "x"})
    assert renamed == as_printed(expected)


def test_sort(answer, files):
    assert answer("sort", files.background) == as_printed(pyhf.Workspace.sorted(pyhf.Workspace(small_search.background_only())))


def test_layout_is_that_of_pyhf(relume, files):
    expected = pyhf.Workspace.sorted(pyhf.Workspace(small_search.background_only()))
    assert relume("sort", files.background).stdout == json.dumps(expected, indent=4, sort_keys=True) + "\n"


def test_digest(relume, answer, files):
    workspace = copy.deepcopy(small_search.background_only())
    sha256, md5 = (pyhf.utils.digest(workspace, algorithm=a) for a in ("sha256", "md5"))
    assert relume("digest", files.background).stdout == f"sha256:{sha256}\n"
    assert relume("digest", files.background, "-a", "md5", "-a", "sha256").stdout == f"md5:{md5}\nsha256:{sha256}\n"
    assert answer("digest", files.background, "-a", "sha256", "-a", "md5", "--json") == {"md5": md5, "sha256": sha256}
