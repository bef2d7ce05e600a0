# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Limits of many points: one table, whoever computes it."""

import concurrent.futures
import json

import numpy as np
import pytest
import relume


@pytest.fixture
def signals():
    return {f"m_{i}": {"format": "relume-signal", "version": 1, "name": f"m_{i}", "other_channels_are_zero": True,
                       "samples": [{"name": "signal", "channels": {"SR": [8.0 / i, 5.0 / i]}}]} for i in range(1, 8)}


@pytest.fixture
def table(background, signals):
    return relume.limits(background, signals)


def test_rows_are_the_single_limits(background, signals, table):
    assert [row.name for row in table] == list(signals) and all(row.is_usable for row in table)
    for row, signal in zip(table, signals.values(), strict=True):
        limit = relume.upper_limit(background.with_signal(signal).model())
        assert row.observed == pytest.approx(limit.observed, rel=1e-6) and row.expected == pytest.approx(limit.expected, rel=1e-6)
    assert table[2].observed == pytest.approx(3 * table[0].observed, rel=1e-6)


@pytest.mark.parametrize("pool", [concurrent.futures.ThreadPoolExecutor, concurrent.futures.ProcessPoolExecutor])
def test_executors_of_the_standard_library(background, signals, table, pool):
    with pool(2) as executor:
        assert relume.limits(background, signals, executor=executor) == table


def test_a_dask_cluster(background, signals, table, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask.distributed, whose executor this is about, is not installed")
    monkeypatch.chdir(tmp_path)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, distributed.Client(cluster) as client:
        assert relume.limits(background, signals, executor=client.get_executor()) == table


def test_keys_may_be_values(background, signals, table):
    keys = [(100 * i, 10.5) for i in range(1, 8)]
    labelled = relume.limits(background, dict(zip(keys, signals.values(), strict=True)), labels=["parent", "child"])
    assert labelled.labels == ["parent", "child"] and [row.values for row in labelled] == keys and labelled[0].name == "100, 10.5"
    assert [row.observed for row in labelled] == [row.observed for row in table] and labelled.to_records()[2]["parent"] == 300
    along = relume.limits(background, {np.int64(mass): signals["m_1"] for mass in (100, 200)}, labels=["mass"])
    assert json.loads(json.dumps(along.to_dict()))["results"][1]["values"] == [200]
    for wrong in (["mass", "other"], "mass"):
        with pytest.raises(relume.OptionError, match="labels|other"):
            relume.limits(background, {100: signals["m_1"]}, labels=wrong)


def test_a_checkpoint_goes_on(background, signals, table, tmp_path):
    file = tmp_path / "limits.jsonl"
    first = dict(list(signals.items())[:3])
    relume.limits(background, first, checkpoint=file)
    assert len(file.read_text().splitlines()) == 3
    with file.open("a") as half:
        half.write('{"key": "cut o')
    with pytest.warns(UserWarning, match="limits.jsonl:4: not a finished point"):
        assert relume.limits(background, signals, checkpoint=file) == table
    assert len(file.read_text().splitlines()) == 3 + 1 + 4
    # Nothing is taken from a file for other questions.
    with pytest.warns(UserWarning, match="limits.jsonl:4"):
        assert relume.limits(background, signals, level=0.9, checkpoint=file) != table


@pytest.mark.parametrize("damage", [
    lambda entry: {**entry, "row": {}}, lambda entry: {**entry, "row": 3}, lambda entry: {**entry, "row": {**entry["row"], "expected": [1.0]}},
    lambda entry: {**entry, "row": {**entry["row"], "observed": "much"}}, lambda entry: {"row": entry["row"]}, lambda entry: [3]])
def test_damaged_lines_of_a_checkpoint_are_computed_again(background, signals, table, tmp_path, damage):
    file = tmp_path / "limits.jsonl"
    relume.limits(background, signals, checkpoint=file)
    first, second, *others = file.read_text().splitlines()
    file.write_text("\n".join([first, json.dumps(damage(json.loads(second))), *others]) + "\n")
    with pytest.warns(UserWarning, match="limits.jsonl:2: not a finished point"):
        assert relume.limits(background, signals, checkpoint=file) == table


def test_checkpoints_of_other_versions_are_not_taken(background, signals, tmp_path, monkeypatch):
    file = tmp_path / "limits.jsonl"
    relume.limits(background, signals, checkpoint=file)
    relume.limits(background, signals, checkpoint=file)
    assert len(file.read_text().splitlines()) == len(signals)
    monkeypatch.setattr("relume._core.__version__", "0.0.0")
    relume.limits(background, signals, checkpoint=file)
    assert len(file.read_text().splitlines()) == 2 * len(signals)


def test_checkpoints_that_cannot_be_written(background, signals, tmp_path):
    for path in (tmp_path, tmp_path / "no" / "limits.jsonl"):
        with pytest.raises(relume.FileError, match=str(path)):
            relume.limits(background, signals, checkpoint=path)


def test_tables(table):
    records = table.to_records()
    assert list(records[0]) == table.columns and records[0]["status"] == "ok" and len(table[:2]) == 2
    document = table.to_dict()
    assert document["n_points"] == 7 and json.loads(json.dumps(document)) == document and "m_3" in repr(table)


def test_points_that_fail_keep_their_row(background, signals):
    signals["wrong"] = {**signals["m_1"], "samples": [{"name": "signal", "channels": {"XR": [1.0]}}]}
    signals["nothing"] = {**signals["m_1"], "samples": [{"name": "signal", "channels": {"SR": [0.0, 0.0]}}]}
    table = relume.limits(background, signals)
    assert [row.status for row in table] == ["ok"] * 7 + ["patch_failed", "no_sensitivity"] and "XR" in table[7].reason


def test_a_published_patchset(published, relume_program):
    folder = "ATLAS-SUSY-2018-06_3LeRJR"
    background, patchset = published(folder, "BkgOnly.json"), published(folder, "patchset.json")
    table = relume.limits(relume.read(background), patchset)
    program = json.loads(relume_program("limit", background, "--patchset", patchset).stdout)
    assert len(table) == 44 and table.labels == program["labels"]
    for row, theirs in zip(table, program["results"], strict=True):
        assert row.name == theirs["name"] and row.observed == pytest.approx(theirs["observed"], rel=1e-6)
        assert row.expected == pytest.approx(theirs["expected"], rel=1e-6)
