# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""A small background-only search with its signals."""

import hashlib
import json


def modifier(name, kind, data=None):
    return {"name": name, "type": kind, "data": data}


def background_only():
    """Two channels, every constraint there is, and a POI that no sample carries yet."""
    return {
        "channels": [
            {"name": "SR", "samples": [
                {"name": "top", "data": [12.0, 4.0], "modifiers": [
                    modifier("JES", "histosys", {"lo_data": [11.0, 3.8], "hi_data": [13.2, 4.1]}),
                    modifier("mu_top", "normfactor"),
                    modifier("staterror_SR", "staterror", [0.9, 0.5])]},
                {"name": "fakes", "data": [3.0, 1.0], "modifiers": [modifier("fakes_SR", "shapesys", [1.0, 0.6])]}]},
            {"name": "CR", "samples": [
                {"name": "top", "data": [210.0], "modifiers": [
                    modifier("JES", "normsys", {"lo": 0.97, "hi": 1.02}),
                    modifier("mu_top", "normfactor")]}]}],
        "observations": [{"name": "SR", "data": [16, 5]}, {"name": "CR", "data": [204]}],
        "measurements": [{"name": "search", "config": {"poi": "mu", "parameters": [
            {"name": "mu", "bounds": [[0, 10]], "inits": [1.0]}]}}],
        "version": "1.0.0",
    }


def signal_patch(yields):
    return [{"op": "add", "path": "/channels/0/samples/2", "value": {
        "name": "signal", "data": yields, "modifiers": [
            modifier("mu", "normfactor"), modifier("JES", "normsys", {"lo": 0.95, "hi": 1.04})]}}]


def patchset(workspace, n_points):
    digest = hashlib.sha256(json.dumps(workspace, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    patches = []
    for i in range(n_points):
        size = 12.0 / (1 + i)
        patches.append({"metadata": {"name": f"point_{i}", "values": [100 + i, 50]}, "patch": signal_patch([size, 0.7 * size])})
    return {
        "metadata": {"description": "signals", "references": {"hepdata": "ins1234567"}, "labels": ["mass", "other"],
                     "digests": {"sha256": digest}},
        "patches": patches, "version": "1.0.0"}


def signal_file():
    return {
        "format": "relume-signal", "version": 1, "name": "my point", "poi": "mu",
        "samples": [{"name": "signal", "channels": {"SR": {"yields": [4.0, 2.8]}}}],
        "zero_channels": ["CR"], "cross_section": {"value": 2.5, "unit": "pb"}}
