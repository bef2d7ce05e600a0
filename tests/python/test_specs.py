# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reading and editing: the same answers as the program, in Python's own types."""

import copy
import gzip
import io
import json
import pickle

import numpy as np
import pytest
import relume


def test_every_kind_of_source_is_read(document, tmp_path):
    text = json.dumps(document)
    path = tmp_path / "search.json"
    path.write_text(text)
    packed = tmp_path / "search.json.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    expected = relume.Workspace(document)
    for source in (path, str(path), packed, text.encode(), bytearray(text.encode()), io.StringIO(text), io.BytesIO(text.encode()), document, expected):
        assert relume.read(source) == expected


def test_a_document_comes_back_as_it_was(document, workspace):
    assert workspace.to_dict() == document
    assert json.loads(workspace.to_json()) == document
    workspace.to_dict()["channels"].clear()
    assert workspace.to_dict() == document


def test_numpy_numbers_are_numbers(document):
    as_lists = relume.Workspace(document)
    document["channels"][0]["samples"][0]["data"] = np.array([4.0, 2.5])
    document["observations"][1]["data"] = (np.float32(158),)
    assert relume.Workspace(document) == as_lists


def test_copies_and_pickles_are_equal(workspace):
    assert copy.copy(workspace) == copy.deepcopy(workspace) == pickle.loads(pickle.dumps(workspace)) == workspace
    assert workspace != workspace.prune(channels=["CR"])


def test_what_is_in_it(workspace):
    assert workspace.channels == {"SR": 2, "CR": 1} and workspace.measurements == ["search"] and workspace.poi() == "mu"
    assert "findings" in workspace.inspect() and "SR" in repr(workspace)


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_digests_are_the_programs(relume_program, workspace, tmp_path, algorithm):
    path = tmp_path / "w.json"
    path.write_text(workspace.to_json())
    assert workspace.digest(algorithm) in relume_program("digest", path, "--algorithm", algorithm).stdout


def test_edits_return_new_objects(workspace, document):
    less = workspace.prune(channels=["CR"])
    assert list(less.channels) == ["SR"]
    renamed = workspace.rename(channels={"SR": "signal_region"}, modifiers={"mu": "strength"})
    assert "signal_region" in renamed.channels and renamed.poi() == "strength"
    assert workspace.rename(samples={"top": "b"}).sort().to_dict() != document
    both = less.combine(workspace.prune(channels=["SR"]), join="outer")
    assert set(both.channels) == {"SR", "CR"}
    assert workspace.to_dict() == document


def test_signals_by_name(background, workspace):
    signal = background.with_signal({"SR": [4.0, 2.5]}, poi="mu", other_channels_are_zero=True)
    assert signal.poi() == "mu" and {s["name"] for s in signal.to_dict()["channels"][0]["samples"]} == {"signal", "top", "fakes"}
    file = relume.Signal({"format": "relume-signal", "version": 1, "name": "point", "other_channels_are_zero": True,
                          "samples": [{"name": "signal", "channels": {"SR": [4.0, 2.5]}}]})
    assert background.with_signal(file) == signal
    assert relume.read(file.to_dict()) == file
    with pytest.raises(relume.InputError, match="'CR'"):
        background.with_signal({"SR": [4.0, 2.5]})
    with pytest.raises(relume.InputError, match="'XR'"):
        background.with_signal({"XR": [1.0]}, other_channels_are_zero=True)


def test_patches_and_patchsets(background, workspace, document):
    operations = [{"op": "add", "path": "/channels/0/samples/0", "value": document["channels"][0]["samples"][0]}]
    assert background.with_patch(operations) == workspace
    patchset = relume.read({
        "metadata": {"description": "points", "labels": ["mass"], "references": {"hepdata": "ins1234567"}, "digests": {"sha256": background.digest()}},
        "patches": [{"metadata": {"name": "m_100", "values": [100]}, "patch": operations}], "version": "1.0.0"})
    assert isinstance(patchset, relume.PatchSet) and list(patchset) == ["m_100"] and patchset.labels == ["mass"]
    point = patchset["m_100"]
    assert point.values == [100] and point.operations == operations and background.with_patch(point) == workspace
    patchset.verify(background)
    with pytest.raises(relume.InputError, match="sha256"):
        patchset.verify(workspace)
    with pytest.raises(KeyError, match="m_10"):
        patchset["m_10"]
    assert pickle.loads(pickle.dumps(patchset)).to_dict() == patchset.to_dict()
