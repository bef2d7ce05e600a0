# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""The notebooks run, each in a kernel of its own; they show their pictures, and say what other ways to the same numbers say."""

import base64
import io
import json
import math
import os
import pathlib
import re
import subprocess
import sys
from statistics import NormalDist

import matplotlib.image
import numpy as np
import pytest
import relume

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed (tools/requirements-test.txt)")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed (tools/requirements-test.txt)")
pytest.importorskip("ipykernel", reason="ipykernel is not installed (tools/requirements-test.txt)")

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
NOTEBOOKS = CHECKOUT / "docs" / "notebooks"


@pytest.fixture(scope="module")
def execute(tmp_path_factory):
    """execute(name, key="expression", ...): runs the notebook where it lies and returns the values of the expressions at its end."""
    folder = tmp_path_factory.mktemp("jupyter")

    def run(name, environment=None, **expressions):
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        asked = ", ".join(f"{key!r}: {expression}" for key, expression in {"package": "relume.__file__", **expressions}.items())
        notebook.cells.append(nbformat.v4.new_code_cell(f"import json\nprint(json.dumps({{{asked}}}))"))
        # Neither kernels nor settings of whoever runs this, and no files in their home.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
            for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
                patch.setenv(variable, str(folder / variable.lower()))
            patch.delenv("MPLBACKEND", raising=False)
            for variable, value in (environment or {}).items():
                patch.setenv(variable, value)
            client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}})
            client.execute()  # raises when a cell does
        for cell in notebook.cells:
            if cell.cell_type == "code":
                check_output(cell)
        values = json.loads(notebook.cells[-1].outputs[0].text)
        assert values.pop("package") == relume.__file__
        return values

    return run


def check_output(cell):
    """No warnings, and a picture where one is drawn."""
    assert not [o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stderr"], cell.source
    pictures = [o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == len(re.findall(r"\bplot\.\w+\(", cell.source)), cell.source
    for picture in pictures:
        pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)))
        assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 10


def test_every_notebook_is_run_here():
    source = pathlib.Path(__file__).read_text(encoding="utf-8")
    names = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    assert names and names == set(re.findall(r'\bexecute\("(\w+)"', source))


def test_notebooks_are_stored_clean(tmp_path):
    program = CHECKOUT / "tools" / "clean_notebooks.py"
    for path in NOTEBOOKS.glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    result = subprocess.run([sys.executable, program, "--check"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{result.stdout}clean them: tools/clean_notebooks.py"

    # What a run leaves behind is found, and goes.
    path = next(NOTEBOOKS.glob("*.ipynb"))
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if c.cell_type == "code")
    cell.execution_count, cell.outputs, cell.metadata["tags"] = 1, [nbformat.v4.new_output("stream", text="1\n")], ["raises-exception"]
    dirty = tmp_path / "dirty.ipynb"
    nbformat.write(notebook, dirty)
    assert subprocess.run([sys.executable, program, "--check", dirty], capture_output=True, check=False).returncode == 1
    subprocess.run([sys.executable, program, dirty], capture_output=True, check=True)
    assert dirty.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)#]+)", text)
    assert links and [link for link in links if not (NOTEBOOKS / link).is_file()] == []


# ---- two_bin.json in closed form: a counting experiment in each bin, whose nuisance parameter is the root of a quadratic equation

PHI, QUANTILE = NormalDist().cdf, NormalDist().inv_cdf


class TwoBins:
    """qtilde, CLs and limits (CCGV, Eur. Phys. J. C 71 (2011) 1554) without any fit."""

    signal, background, uncertainty, observed = np.array([[12.0, 11.0], [50.0, 52.0], [3.0, 7.0], [51.0, 48.0]])
    tau = (background / uncertainty) ** 2  # auxiliary events; their expectation is gamma tau

    def __init__(self):
        at_zero = (self.observed + self.tau) / (self.background + self.tau)
        # The likelihood falls from mu = 0 on, so that is the best fit, of these data and of the Asimov data.
        assert np.sum(self.signal * (1 - self.observed / (at_zero * self.background))) > 0
        self.data, self.asimov = (self.observed, self.tau), (at_zero * self.background, at_zero * self.tau)

    def twice_nll(self, mu, data):
        """-2 ln L with all constants, at the best gamma for this mu."""
        counts, auxiliary = data
        sum_, share = self.background + self.tau, mu * self.signal / self.background
        half = (sum_ * share - counts - auxiliary) / 2
        gamma = (np.sqrt(half**2 + sum_ * auxiliary * share) - half) / sum_
        return sum(2 * (rate - n * math.log(rate) + math.lgamma(n + 1)) for expected, seen in (
            (mu * self.signal + gamma * self.background, counts), (gamma * self.tau, auxiliary)) for rate, n in zip(expected, seen, strict=True))

    def q(self, mu, data):
        return self.twice_nll(mu, data) - self.twice_nll(0.0, data)

    def cls(self, mu):
        q, q_asimov = self.q(mu, self.data), self.q(mu, self.asimov)
        width = math.sqrt(q_asimov)
        if q <= q_asimov:
            return PHI(-math.sqrt(q)) / PHI(width - math.sqrt(q))
        return PHI(-(q + q_asimov) / (2 * width)) / PHI(-(q - q_asimov) / (2 * width))

    def expected_cls(self, mu):
        width = math.sqrt(self.q(mu, self.asimov))
        return [PHI(n - width) / PHI(n) for n in (-2, -1, 0, 1, 2)]

    def limit(self):
        return bisect(lambda mu: self.cls(mu) - 0.05)

    def expected_limits(self):
        return [bisect(lambda mu, n=n: n - QUANTILE(0.05 * PHI(n)) - math.sqrt(self.q(mu, self.asimov))) for n in (-2, -1, 0, 1, 2)]


def bisect(falling, low=1e-3, high=10.0):
    """Root of a function that falls."""
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low


# ---- the notebooks


def test_first_limit(execute, relume_program, tmp_path):
    said = execute("first_limit", cls="test.observed", expected_cls="test.expected", limit="limit.observed", expected="limit.expected",
                   search="search_limit.to_dict()", cross_section="[observed, expected]", own="own_limit.to_dict()", mine="mine")
    exact = TwoBins()
    assert said["cls"] == pytest.approx(exact.cls(1.0), rel=1e-8) and said["expected_cls"] == pytest.approx(exact.expected_cls(1.0), rel=1e-8)
    assert said["limit"] == pytest.approx(exact.limit(), rel=2e-7) and said["expected"] == pytest.approx(exact.expected_limits(), rel=2e-7)

    subprocess.run([sys.executable, CHECKOUT / "examples" / "make_examples.py", "--output", tmp_path], check=True, capture_output=True)
    background = tmp_path / "search" / "BkgOnly.json"
    program = json.loads(relume_program("limit", background, "--signal", tmp_path / "search" / "signal.json").stdout)
    assert [said["search"]["observed"], *said["search"]["expected"]] == pytest.approx([program["observed"], *program["expected"]], rel=1e-7)
    assert said["cross_section"] == pytest.approx([program["observed_fb"], program["expected_fb"][2]], rel=1e-7)
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"format": "relume-signal", "version": 1, "name": "mine", "other_channels_are_zero": True,
                                "samples": [{"name": "mine", "channels": said["mine"]}]}))
    program = json.loads(relume_program("limit", background, "--signal", mine).stdout)
    assert said["own"]["observed"] == pytest.approx(program["observed"], rel=1e-7) and said["own"]["notes"] == program["notes"] != []


@pytest.fixture(scope="module")
def mass_plane(execute):
    observed = "[v.tolist() for c in contour.collections if len(c.get_linewidth()) and c.get_linewidth()[0] == 2.4 for p in c.get_paths() for v in p.vertices]"
    return execute("mass_plane", table="table.to_dict()", theirs="theirs.to_dict()", signals="{', '.join(map(str, key)): s for key, s in signals.items()}", background="background.to_dict()",
                   pulls="list(map(float, pulls))", reach="float(reach)", at_reach="signal(round(reach), 0)", contour=observed)


def test_mass_plane_beside_the_program(mass_plane, relume_program, tmp_path):
    background = tmp_path / "background.json"
    background.write_text(json.dumps(mass_plane["background"]))

    def limit(document):
        file = tmp_path / "signal.json"
        file.write_text(json.dumps(document))
        return json.loads(relume_program("limit", background, "--signal", file).stdout)

    rows = {row["name"]: row for row in mass_plane["table"]["results"]}
    assert list(rows) == list(mass_plane["signals"]) and mass_plane["table"]["n_usable"] == len(rows) > 100
    for name in list(rows)[::16]:
        program = limit(mass_plane["signals"][name])
        assert [rows[name]["observed"], *rows[name]["expected"]] == pytest.approx([program["observed"], *program["expected"]], rel=1e-6)
    # The exclusion ends where a signal, simulated there, has a limit of 1: up to its own statistics and the interpolation over 50 GeV.
    assert limit(mass_plane["at_reach"])["observed"] == pytest.approx(1.0, abs=0.05)
    contour = np.array(mass_plane["contour"])
    assert contour[np.argmin(contour[:, 1]), 0] == pytest.approx(mass_plane["reach"], abs=10)

    subprocess.run([sys.executable, CHECKOUT / "examples" / "make_examples.py", "--output", tmp_path], check=True, capture_output=True)
    search = tmp_path / "search"
    program = json.loads(relume_program("limit", search / "BkgOnly.json", "--patchset", search / "patchset.json").stdout)
    theirs = [(row["name"], row["values"]) for row in mass_plane["theirs"]["results"]]
    assert theirs == [(row["name"], row["values"]) for row in program["results"]]
    assert [row["observed"] for row in mass_plane["theirs"]["results"]] == pytest.approx([row["observed"] for row in program["results"]], rel=1e-6)


def test_mass_plane_simulates_the_search(mass_plane):
    """Yields of the stand-in simulation scatter around those of examples/make_examples.py, by their uncertainties: chi-squared within 99.98%."""
    assert len(mass_plane["pulls"]) == 15 and 2.5 < sum(p * p for p in mass_plane["pulls"]) < 42


def test_mass_plane_in_the_likelihood_of_pyhf(mass_plane):
    """With -2 ln L by pyhf at relume's minima, and CCGV's formulas, CLs at the observed limit is 0.05."""
    pyhf = pytest.importorskip("pyhf", reason="the real pyhf is not installed")
    name, row = next((r["name"], r) for r in mass_plane["table"]["results"] if r["observed"] > 1)
    workspace = relume.Workspace(mass_plane["background"]).with_signal(mass_plane["signals"][name])
    model = workspace.model()
    theirs = pyhf.Workspace(workspace.to_dict(), validate=False).model(validate=False, modifier_settings={
        "normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}})
    assert theirs.config.par_names == model.parameter_names

    def twice_nll(data, **fixed):
        return -2 * float(theirs.logpdf(relume.fit(model, data, fixed=fixed).values, data)[0])

    asimov = np.asarray(theirs.expected_data(relume.fit(model, fixed={model.poi: 0.0}).values))
    at_limit = {model.poi: row["observed"]}
    q, q_asimov = (twice_nll(data, **at_limit) - twice_nll(data) for data in (model.observed, asimov))
    width = math.sqrt(q_asimov)
    cls = (PHI(-math.sqrt(q)) / PHI(width - math.sqrt(q)) if q <= q_asimov
           else PHI(-(q + q_asimov) / (2 * width)) / PHI(-(q - q_asimov) / (2 * width)))
    assert cls == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize("installed", [True, False], ids=["with pyhf", "without pyhf"])
def test_from_pyhf(execute, installed, tmp_path):
    environment = {}
    if installed:
        pytest.importorskip("pyhf", reason="the real pyhf is not installed")
    else:
        (tmp_path / "pyhf.py").write_text('raise ModuleNotFoundError("No module named \'pyhf\'", name="pyhf")\n')
        environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    said = execute("from_pyhf", environment, columns="columns", unmodified="float(unmodified)", excess="float(excess)", distance="distance",
                   slopes="[slope(strict_point), slope(point)]", cls="test.observed", limit="limit.observed", twice_nll="fit.twice_nll")
    columns, exact = said["columns"], TwoBins()
    assert list(columns) == [*["pyhf"] * installed, "strict", "relume"]
    for column in columns.values():  # "upper limit": toms748 stops at a relative 1e-4
        assert column["upper limit"] == pytest.approx(exact.limit(), rel=1e-4)
        assert column["-2 ln L at mu = 1"] == pytest.approx(exact.twice_nll(1.0, exact.data), abs=1e-6)
    for cls in (columns["relume"]["CLs observed"], said["unmodified"], said["cls"]):
        assert cls == pytest.approx(exact.cls(1.0), rel=1e-8)
    assert columns["relume"]["CLs expected"] == pytest.approx(exact.expected_cls(1.0)[2], rel=1e-8)
    # The numbers in pyhf's own documentation.
    for name in columns.keys() - {"relume"}:
        assert (columns[name]["CLs observed"], columns[name]["CLs expected"]) == pytest.approx((0.05251497, 0.06445321), rel=1e-6)
    assert said["limit"] == pytest.approx(exact.limit(), rel=2e-7) and said["twice_nll"] == pytest.approx(exact.twice_nll(0.0, exact.data), abs=1e-9)
    assert 1e-9 < said["excess"] < 1e-6 and 1e-5 < said["distance"] < 1e-3
    assert said["slopes"][0] > 1e-5 > 1e-6 > said["slopes"][1]
