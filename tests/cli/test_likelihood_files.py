# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON Schema of likelihood files and the files themselves agree."""

import copy
import json
import pathlib
import re

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "formats" / "likelihood.schema.json").read_text())
FILES = sorted((ROOT / "tests" / "fuzz" / "seeds" / "likelihood").glob("*.json"))
EXAMPLES = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "formats" / "likelihood.md").read_text(), re.DOTALL)


def validator():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("text", [*(f.read_text() for f in FILES), *EXAMPLES],
                         ids=[*(f.stem for f in FILES), *(f"page-{i}" for i in range(len(EXAMPLES)))])
def test_schema_allows_what_is_read(text):
    validator().validate(json.loads(text))


def test_every_kind_is_there():
    kinds = {json.loads(f.read_text())["kind"] for f in FILES}
    assert kinds == set(SCHEMA["$defs"]["likelihood"]["properties"]["kind"]["enum"])


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_schema_refuses_other_keys_and_missing_ones(file):
    document = json.loads(file.read_text())
    optional = {"name", "third_moments", "metadata", "luminosity", "region", "level", "predicted", "poi", "parameters", "definitions",
                "correlations", "measured", "grids", "parabolas", "shared", "constraints_are_priors"}
    for key in document:
        without = copy.deepcopy(document)
        del without[key]
        assert validator().is_valid(without) == (key in optional), key
    assert not validator().is_valid(document | {"unknown": 1})


def with_one_change(node):
    """Copies of a document in which one member or entry is missing, empty or something else."""
    if isinstance(node, (dict, list)):
        for key in node if isinstance(node, dict) else range(len(node)):
            without = copy.copy(node)
            del without[key]
            yield without
            for other in with_one_change(node[key]):
                changed = copy.copy(node)
                changed[key] = other
                yield changed
        yield from ({}, [])
    yield from (other for other in ("", None, "x", -1, 0, True) if other != node)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_what_the_schema_refuses_is_not_read(relume, tmp_path, file):
    """The reader refuses more: names that do not exist, matrices that are no covariance."""
    judge = validator()
    refused = [d for d in with_one_change(json.loads(file.read_text())) if not judge.is_valid(d)]
    names = [tmp_path / f"{i}.json" for i in range(len(refused))]
    for name, document in zip(names, refused, strict=True):
        name.write_text(json.dumps(document))
    found = [f for i in range(0, len(names), 500) for f in json.loads(relume("detect", "--format", "json", *names[i:i + 500]).stdout)["files"]]
    read = [document for f, document in zip(found, refused, strict=True) if f["kind"] is not None]
    assert len(refused) > 100 and read == []
