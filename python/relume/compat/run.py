# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program with relume in place of pyhf:

    python -m relume.compat.run SCRIPT [ARGUMENTS ...]
    python -m relume.compat.run -m MODULE [ARGUMENTS ...]
    python -m relume.compat.run --strict SCRIPT [ARGUMENTS ...]     # pyhf's digits: see relume.compat.strict
"""

from __future__ import annotations

import os
import runpy
import sys

from . import install_as_pyhf, strict


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--strict"]:
        strict()
        arguments = arguments[1:]
    is_module = arguments[:1] == ["-m"]
    rest = arguments[1:] if is_module else arguments
    if not rest or rest[0] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stdout if rest else sys.stderr)
        return 0 if rest else 1
    install_as_pyhf()
    sys.argv = rest
    if is_module:
        sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif not os.path.exists(rest[0]):
        print(f"there is no file {rest[0]}", file=sys.stderr)
        return 2
    else:
        sys.path.insert(0, os.path.dirname(os.path.abspath(rest[0])))
        runpy.run_path(rest[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
