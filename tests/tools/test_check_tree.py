# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""tools/check_tree.py finds what it is there to find, and nothing in a tree that is in order."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from check_tree import Tree  # noqa: E402

SPDX = "// SPDX-FileCopyrightText: relume authors\n// SPDX-License-Identifier: BSD-3-Clause\n"
HEADER = SPDX + "#pragma once\n"
LISTING = SPDX.replace("//", "#")

IN_ORDER = {
    "include/relume/base/error.hpp": HEADER,
    "include/relume/spec/workspace.hpp": HEADER + '#include "relume/base/error.hpp"\n',
    "include/relume/model/likelihood.hpp": HEADER + '#include "relume/spec/workspace.hpp"\n#include <vector>\n',
    "include/relume/relume.hpp": HEADER + '#include "relume/base/error.hpp"\n#include "relume/model/likelihood.hpp"\n'
                                          '#include "relume/spec/workspace.hpp"\n',
    "src/model/likelihood.cpp": SPDX + '#include "relume/model/likelihood.hpp"\n#include "model/kernel.hpp"\n#include <Eigen/Dense>\n',
    "src/model/kernel.hpp": HEADER,
    "src/CMakeLists.txt": LISTING + "relume.hpp base/error.hpp spec/workspace.hpp model/likelihood.hpp model/likelihood.cpp\n",
    "tests/unit/model/likelihood_test.cpp": SPDX,
    "tests/CMakeLists.txt": LISTING + "relume_add_test(unit/model/likelihood_test.cpp)\n",
}


def problems(tmp_path, changes=None):
    for name, text in (IN_ORDER | (changes or {})).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(tmp_path).check()


def test_tree_in_order(tmp_path):
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("src/model/likelihood.cpp", SPDX + '#include "relume/infer/fit.hpp"\n', "model includes relume/infer/fit.hpp"),
        ("include/relume/model/likelihood.hpp", HEADER + '#include "model/kernel.hpp"\n', "the private header"),
        ("include/relume/model/likelihood.hpp", HEADER + "#include <Eigen/Dense>\n", "which users need not have"),
        ("src/model/likelihood.cpp", SPDX + '#include "relume/relume.hpp"\n', "umbrella"),
        ("src/model/likelihood.cpp", SPDX + '#include "kernel.hpp"\n', "includes start at the stage"),
        ("cli/main.cpp", SPDX + '#include "model/kernel.hpp"\n', "cli includes the private header"),
        ("src/extra/new.cpp", SPDX + '#include "relume/base/error.hpp"\n', "unknown stage extra"),
        ("src/model/forgotten.cpp", SPDX, "not registered in src/CMakeLists.txt"),
        ("src/model/od.cpp", SPDX, "not registered in src/CMakeLists.txt"),
        ("include/relume/base/forgotten.hpp", HEADER, "not registered in src/CMakeLists.txt"),
        ("include/relume/base/forgotten.hpp", HEADER, "not included in include/relume/relume.hpp"),
        ("benchmarks/kernels/fast.cpp", SPDX, "not registered in benchmarks/CMakeLists.txt"),
        ("tests/unit/model/other_test.cpp", SPDX, "not registered in tests/CMakeLists.txt"),
        ("tests/fuzz/json_fuzz.cpp", SPDX, "relume_add_fuzz_target(json)"),
        ("tests/cli/test_limit.py", SPDX.replace("//", "#"), "relume_add_pytest(cli)"),
        ("src/model/kernel.hpp", "#pragma once\n", "SPDX"),
        ("scripts/run", "#!/bin/sh\n", "SPDX"),
        ("src/model/kernel.hpp", SPDX, "#pragma once"),
        ("src/model/kernel.hpp", HEADER + "// TO" "DO: later\n", "finish it"),
        ("src/model/model_utils.hpp", HEADER, "a name that says nothing"),
    ],
)
def test_finds(tmp_path, name, text, message):
    assert any(message in problem for problem in problems(tmp_path, {name: text}))
