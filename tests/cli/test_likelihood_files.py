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
                "correlations", "measured", "grids", "parabolas", "shared"}
    for key in document:
        without = copy.deepcopy(document)
        del without[key]
        assert validator().is_valid(without) == (key in optional), key
    assert not validator().is_valid(document | {"unknown": 1})
