# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Digests, citations, and options of the command line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from gettext import gettext
from typing import Any

import click

__all__ = ["EqDelimStringParamType", "citation", "digest", "options_from_eqdelimstring"]

_CITATION = (
    "@software{pyhf,",
    "  author = {Lukas Heinrich and Matthew Feickert and Giordon Stark},",
    '  title = "{pyhf: v0.7.6}",',
    "  version = {0.7.6},",
    "  doi = {10.5281/zenodo.1169739},",
    "  url = {https://doi.org/10.5281/zenodo.1169739},",
    "  note = {https://github.com/scikit-hep/pyhf/releases/tag/v0.7.6}",
    "}",
    "",
    "@article{pyhf_joss,",
    "  doi = {10.21105/joss.02823},",
    "  url = {https://doi.org/10.21105/joss.02823},",
    "  year = {2021},",
    "  publisher = {The Open Journal},",
    "  volume = {6},",
    "  number = {58},",
    "  pages = {2823},",
    "  author = {Lukas Heinrich and Matthew Feickert and Giordon Stark and Kyle Cranmer},",
    "  title = {pyhf: pure-Python implementation of HistFactory statistical models},",
    "  journal = {Journal of Open Source Software}",
    "}",
)


def __dir__() -> list[str]:
    return __all__


def options_from_eqdelimstring(opts: Sequence[str]) -> dict[str, Any]:
    """{"a": 1} of ["a=1"]; values are read as YAML. Raises IndexError for a text without "="."""
    import yaml

    return yaml.safe_load("\n".join(f"{name}: {value}" for name, value in ((o.split("=", 1)[0], o.split("=", 1)[1]) for o in opts)))


class EqDelimStringParamType(click.ParamType):
    """An option name=value of the command line."""

    name = "equal-delimited option"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            return options_from_eqdelimstring([value])
        except IndexError:
            self.fail(f"{value} is not a valid equal-delimited string", param, ctx)


class VolumeMountPath(click.Path):
    """An option host:mount of the command line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = f"{self.name}:{gettext('path')}"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        host, colon, mount = value.partition(":")
        if not colon or ":" in mount:
            self.fail(f"{value!r} is not a valid colon-separated option", param, ctx)
        return super().convert(host, param, ctx), self.coerce_path_result(mount)


def digest(obj: Any, algorithm: str = "sha256") -> str:
    """Hex digest of the document with sorted keys. Raises ValueError for what JSON cannot hold, or an unknown algorithm."""
    try:
        text = json.dumps(obj, sort_keys=True, ensure_ascii=False).encode("utf8")
    except TypeError:
        raise ValueError("The supplied object is not JSON-serializable for calculating a hash.") from None
    try:
        make = getattr(hashlib, algorithm)
    except AttributeError:
        raise ValueError(f"{algorithm} is not an algorithm provided by Python's hashlib library.") from None
    return make(text).hexdigest()


def citation(oneline: bool = False) -> str:
    """What to cite: pyhf, whose interface this is."""
    return ("" if oneline else "\n").join(_CITATION)
