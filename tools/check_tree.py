#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what a compiler does not: who includes whom, that everything is registered, licences, names.

    tools/check_tree.py [ROOT]

Prints every problem as file:line: message, and fails when there is one.
"""

from __future__ import annotations

import os
import pathlib
import re
import sys

# The stages, and what each may include besides itself and `base`. A file name instead of a stage allows that header.
MAY_INCLUDE = {
    "base": set(),
    "spec": set(),
    "math": set(),
    "check": {"spec", "math", "model"},
    "formats": {"spec"},
    "edit": {"spec", "math"},
    "model": {"spec", "math"},
    "minimize": {"math"},
    "infer": {"model", "minimize", "math"},
    "reinterpret": {"spec", "check", "formats", "edit", "model", "minimize", "math", "infer"},
    # A skin that comes with the library: C.
    "c": {"spec", "check", "formats", "edit", "model", "minimize", "math", "infer", "reinterpret"},
    # Result types, and the document that they are written into.
    "report": {"spec", "formats/json.hpp", "check", "edit/systematics.hpp", "model", "minimize", "infer", "reinterpret"},
}
# Skins see what users see.
SKINS = ("cli", "python", "examples", "benchmarks")
# No header that is installed may need any of these.
PRIVATE_LIBRARIES = re.compile(r"<(Eigen|fmt|rapidjson|boost|archive|archive_entry|libqhull_r|Random123|CLI|nlohmann|simdjson|yaml-cpp|pugixml)(/|\.hp{0,2}|>)")

UMBRELLA = "include/relume/relume.hpp"

SOURCE_SUFFIXES = {".cpp", ".hpp"}
LICENSED_SUFFIXES = {".cpp", ".hpp", ".py", ".cmake"}
LICENSED_NAMES = {"CMakeLists.txt", "Makefile"}
VAGUE_NAME = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|stuff)(_|$)", re.IGNORECASE)
# Names that another package chose: its callers import them.
NAMED_BY_OTHERS = {
    "python/relume/compat/pyhf/utils.py", "python/relume/compat/pyhf/contrib/utils.py", "python/relume/compat/pyhf/infer/utils.py",
    "python/relume/compat/pyhf/parameters/utils.py", "python/relume/compat/pyhf/tensor/manager.py",
}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"(?P<quoted>[^"]+)"|(?P<system><[^>]+>))')
SKIPPED_FOLDERS = {".git", ".venv", ".ccache", "__pycache__", "node_modules", "seeds", "cases", "releases"}


class Tree:
    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.problems: list[str] = []
        self.files = sorted(self.walk())

    def walk(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not (folder == str(self.root) and f.startswith("build"))]
            for name in names:
                yield (pathlib.Path(folder) / name).relative_to(self.root)

    def text(self, path: pathlib.Path | str) -> str:
        full = self.root / path
        return full.read_text(encoding="utf-8", errors="replace") if full.is_file() else ""

    def report(self, path: pathlib.Path, line: int, message: str) -> None:
        self.problems.append(f"{path}:{line}: {message}")

    # ------------------------------------------------------------------ who includes whom

    @staticmethod
    def stage(path: pathlib.Path) -> str | None:
        """The stage a file of the library belongs to; `umbrella` for include/relume/relume.hpp."""
        parts = path.parts
        if parts[:2] == ("include", "relume"):
            return parts[2] if len(parts) > 3 else "umbrella"
        if parts[0] == "src" and len(parts) > 2:
            return parts[1]
        return None

    def check_includes(self, path: pathlib.Path) -> None:
        stage, is_public = self.stage(path), path.parts[0] == "include"
        for number, line in enumerate(self.text(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            if is_public and match["system"] and PRIVATE_LIBRARIES.search(match["system"]):
                self.report(path, number, f"a public header includes {match['system']}, which users need not have")
            if match["quoted"]:
                self.check_include(path, number, stage, is_public, match["quoted"])

    def check_include(self, path: pathlib.Path, number: int, stage: str | None, is_public: bool, included: str) -> None:
        public = included.startswith("relume/")
        target = included.removeprefix("relume/")
        target_stage = target.split("/")[0] if "/" in target else None
        if path.parts[0] in SKINS:
            if not public and target_stage in MAY_INCLUDE:
                self.report(path, number, f"{path.parts[0]} includes the private header {included}")
            return
        if stage is None or stage == "umbrella":
            return
        if stage not in MAY_INCLUDE:
            self.report(path, number, f"unknown stage {stage}: add it to {pathlib.Path(__file__).name}")
        elif f"include/{included}" == UMBRELLA:
            self.report(path, number, "library code never includes the umbrella header")
        elif target_stage is None:
            self.report(path, number, f'write "{stage}/{included}": includes start at the stage')
        elif is_public and not public:
            self.report(path, number, f"a public header includes the private header {included}")
        elif target_stage not in {stage, "base"} | MAY_INCLUDE[stage] and target not in MAY_INCLUDE[stage]:
            allowed = ", ".join(sorted(MAY_INCLUDE[stage] | {"base"}))
            self.report(path, number, f"{stage} includes {included}, but may include only {allowed}")

    # ------------------------------------------------------------------ registration

    def check_registered(self, path: pathlib.Path) -> None:
        top, suffix, name = path.parts[0], path.suffix, path.name
        if suffix == ".hpp" and self.stage(path) and top == "include":
            self.check_listed(path, "src/CMakeLists.txt", path.relative_to("include/relume"))
            if name != "relume.hpp" and f'#include "{path.relative_to("include")}"' not in self.text(UMBRELLA):
                self.report(path, 1, f"not included in {UMBRELLA}")
        elif suffix == ".cpp" and top in ("src", "cli", "examples", "benchmarks"):
            self.check_listed(path, f"{top}/CMakeLists.txt", path.relative_to(top))
        elif top == "tests" and (name.endswith("_test.cpp") or "must_not_compile" in path.parts and suffix == ".cpp"):
            self.check_listed(path, "tests/CMakeLists.txt", path.relative_to(top))
        elif top == "tests" and name.endswith("_fuzz.cpp"):
            self.check_listed(path, "tests/CMakeLists.txt", f"relume_add_fuzz_target({name.removesuffix('_fuzz.cpp')})")
        elif top == "tests" and name.startswith("test_") and suffix == ".py":
            # Tests of the Python package run where the wheel is installed, all of tests/python.
            entry = "/scripts/test-python" if path.parts[1] == "python" else f"relume_add_pytest({path.parts[1]})"
            self.check_listed(path, "tests/CMakeLists.txt", entry)

    def check_listed(self, path: pathlib.Path, listing: str, entry: pathlib.Path | str) -> None:
        pattern = r"(?<![\w/.])" + re.escape(str(entry)) + r"(?![\w/.])"
        if not re.search(pattern, re.sub(r"#.*", "", self.text(listing))):
            self.report(path, 1, f"not registered in {listing} ({entry})")

    # ------------------------------------------------------------------ habits

    def check_habits(self, path: pathlib.Path) -> None:
        text = self.text(path)
        is_script = text.startswith("#!")
        if path.suffix in LICENSED_SUFFIXES or path.name in LICENSED_NAMES or is_script:
            if "SPDX-License-Identifier: BSD-3-Clause" not in "\n".join(text.splitlines()[:5]):
                self.report(path, 1, "the SPDX lines are missing")
            for number, line in enumerate(text.splitlines(), 1):
                if mark := UNFINISHED.search(line):
                    self.report(path, number, f"{mark[0]}: finish it, or write down why not")
        if VAGUE_NAME.search(path.stem) and path.as_posix() not in NAMED_BY_OTHERS:
            self.report(path, 1, "a name that says nothing: what is in it?")
        if path.suffix == ".hpp" and "#pragma once" not in text:
            self.report(path, 1, "no #pragma once")

    def check(self) -> list[str]:
        for path in self.files:
            self.check_habits(path)
            if path.suffix in SOURCE_SUFFIXES:
                self.check_includes(path)
            self.check_registered(path)
        return self.problems


def main() -> int:
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    tree = Tree(root)
    problems = tree.check()
    for problem in problems:
        print(problem)
    print(f"{len(tree.files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
