# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Published models with the numbers that other software computed on them, as one complete workspace per case."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib

import jsonpatch

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Where our certified minimum is lower than the one behind the reference, or the reference asked another question.
# docs/validation.md has the numbers.
NOT_COMPARABLE = {
    "2bin_2channel_coupledhisto": "the reference's fit is worse than ours",
    "xmlimport_input2__example__GaussExample": "the reference's fit is worse than ours",
    "ttgamma__cms_2l": "the reference's background-only fit is worse than ours",
    "xmlimport_input__example_DataDriven__GaussExample": "the reference keeps mu >= 0.2, we mu >= 0",
}


def shared_folder() -> pathlib.Path:
    """Published models are not ours to put into the repository."""
    folder = pathlib.Path(os.environ.get("RELUME_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        raise SystemExit("no published models: set RELUME_SHARED to the folder that has data/ and reference/")
    return folder


@dataclasses.dataclass
class Case:
    name: str
    reference: dict
    shared: pathlib.Path
    measurement: str | None

    @property
    def parameters(self) -> int:
        return self.reference["model"]["npars"]

    @property
    def bins(self) -> int:
        return self.reference["model"]["nbins"]

    @property
    def cls(self) -> tuple[float | None, list[float] | None]:
        test = self.reference.get("hypotest_mu1") or {}
        return test.get("CLs_obs"), test.get("CLs_exp")

    @property
    def not_comparable(self) -> str | None:
        if self.name in NOT_COMPARABLE:
            return NOT_COMPARABLE[self.name]
        return "the reference has no CLs (0/0)" if self.cls[0] is None else None

    def path(self, key: str) -> pathlib.Path:
        return self.shared / self.reference[key]

    def operations(self) -> list:
        """Everything that turns the published workspace into the one with its signal."""
        operations = []
        if self.reference.get("patchset"):
            patchset = json.loads(self.path("patchset").read_text(encoding="utf-8"))
            operations += next(p["patch"] for p in patchset["patches"] if p["metadata"]["name"] == self.reference["patch"])
        return operations + self.reference.get("extra_ops", [])

    def workspace(self) -> dict:
        """With its signal and the one measurement that the reference used, so that no contender can pick another."""
        workspace = json.loads(self.path("workspace").read_text(encoding="utf-8"))
        workspace = jsonpatch.apply_patch(workspace, self.operations())
        wanted = [m for m in workspace["measurements"] if m["name"] == self.measurement]
        workspace["measurements"] = wanted or workspace["measurements"][:1]
        return workspace

    def write(self, folder: pathlib.Path) -> pathlib.Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        text = json.dumps(self.workspace())
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
        return file


def all_cases() -> list[Case]:
    """Small ones first."""
    shared = shared_folder()
    cases = []
    for folder in ("histfactory-small", "histfactory-xml", "histfactory"):
        for file in sorted((shared / "reference" / folder).glob("*.json")):
            reference = json.loads(file.read_text(encoding="utf-8"))
            # The XML examples hold several measurements; the file's name says which one was used.
            measurement = file.stem.rpartition("__")[2] if folder == "histfactory-xml" else None
            cases.append(Case(file.stem, reference, shared, measurement))
    return sorted(cases, key=lambda case: (case.parameters, case.bins, case.name))


def cls_cases() -> list[Case]:
    return [case for case in all_cases() if case.reference.get("hypotest_mu1")]
