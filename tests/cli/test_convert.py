# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume detect and convert: what files are, and exact conversions or none."""

import json
import pathlib

import pytest

SEEDS = pathlib.Path(__file__).resolve().parents[1] / "fuzz" / "seeds"
YIELDS, COVARIANCE = SEEDS / "publication" / "yields.json", SEEDS / "publication" / "covariance.json"


def told(relume, *files):
    answer = relume("detect", *files, "--format", "json")
    return answer.returncode, json.loads(answer.stdout)["files"]


def test_every_file_is_told(relume, files):
    code, found = told(relume, files.background, files.patchset, files.signal, YIELDS, SEEDS / "likelihood" / "counting.json")
    assert code == 0
    assert [f["format"] for f in found] == ["pyhf workspace", "pyhf patchset", "relume signal", "HEPData table", "relume likelihood"]
    assert [f["kind"] for f in found] == ["histfactory", None, None, None, "counting"]
    assert all((f["kind"] is None) == (f["missing"] is not None) for f in found)


def test_what_is_unknown_fails_and_the_others_are_told(relume, files, tmp_path):
    code, found = told(relume, files.write("x.txt", "hello"), tmp_path / "absent", files.signal)
    assert code == 2
    assert [f["format"] for f in found] == ["unknown", "unknown", "relume signal"]
    assert "No such file" in found[1]["problems"][0]
    text = relume("detect", files.signal).stdout
    assert text.splitlines()[1] == f"  relume signal: {found[2]['holds']}"


def test_a_byte_order_mark_changes_nothing(relume, files, tmp_path):
    def marked(path):
        copy = tmp_path / path.name
        copy.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        return copy

    for path, arguments in ((SEEDS / "likelihood" / "simplified.json", ()), (files.background, ()),
                            (YIELDS, ("--covariance", marked(COVARIANCE)))):
        copy = marked(path)
        plain, answer = relume("convert", path, *arguments), relume("convert", copy, *arguments)
        assert answer.returncode == 0 and answer.stdout == plain.stdout, answer.stderr
        assert told(relume, copy)[1][0]["holds"] == told(relume, path)[1][0]["holds"]
    directory = tmp_path / "result"
    (directory / "a").mkdir(parents=True)
    for name, content in {"globalInfo.txt": "id: X\nsqrts: 13*TeV\nlumi: 100./fb\n",
                          "a/dataInfo.txt": "dataId: A\ndataType: efficiencyMap\nobservedN: 5\nexpectedBG: 6\nbgError: 3\n"}.items():
        (directory / name).write_text("\ufeff" + content, encoding="utf-8")
    assert json.loads(relume("convert", directory).stdout)["kind"] == "counting"


def test_tables_become_a_likelihood(relume, tmp_path):
    answer = relume("convert", YIELDS, "--covariance", COVARIANCE)
    assert answer.returncode == 0, answer.stderr
    made = json.loads(answer.stdout)
    assert made["kind"] == "simplified"
    assert [r["background"] for r in made["regions"]] == [50.0, 48.5]
    assert made["covariance"] == [[25.0, 1.3], [1.3, 25.0]]
    assert "backgrounds are 'Total background'" in answer.stderr
    assert "by position" in answer.stderr
    alone = json.loads(relume("convert", YIELDS).stdout)
    assert alone["kind"] == "counting" and alone["regions"][0]["uncertainty"] == 5.0
    mistaken = relume("convert", YIELDS, "--covariance", COVARIANCE, "--matrix", "correlation")
    assert mistaken.returncode == 2 and mistaken.stdout == ""
    assert "the correlation of '0.5' with itself is 25, not 1" in mistaken.stderr and "--matrix covariance" in mistaken.stderr
    wrong = relume("convert", YIELDS, "--background", "Total backgrounds")
    assert wrong.returncode == 2 and "did you mean 'Total background'" in wrong.stderr


def test_columns_and_rows_are_not_chosen_at_random(relume, tmp_path):
    twice = tmp_path / "twice.json"
    twice.write_text(YIELDS.read_text().replace("Total background", "Events").replace('"Signal"', '"Events"'))
    refused = relume("convert", twice, "--background", "Events")
    assert refused.returncode == 2 and refused.stdout == "" and "name one of 'Events #1', 'Events #2'" in refused.stderr
    first = relume("convert", twice, "--background", "Events #1")
    assert [r["background"] for r in json.loads(first.stdout)["regions"]] == [50.0, 48.5]
    one = tmp_path / "one.json"
    one.write_text(YIELDS.read_text().replace("Total background", "Background from data").replace("Observed", "N"))
    refused = relume("convert", one)
    assert refused.returncode == 2 and "cannot be both" in refused.stderr
    falling = tmp_path / "falling.json"
    document = json.loads(COVARIANCE.read_text())
    document["values"][0]["y"][0]["value"] = "16.0"  # of 0.5
    document["values"].reverse()
    falling.write_text(json.dumps(document))
    assert json.loads(relume("convert", YIELDS, "--covariance", falling).stdout)["covariance"] == [[16.0, 1.3], [1.3, 25.0]]


def test_notes_of_the_reader_reach_everyone(relume, tmp_path):
    def region(name, *covariances):
        return (f"<region id='{name}'><nobs>12</nobs><nb>10.5</nb><deltanb>2.1</deltanb>"
                + "".join(f"<covariance region='{other}'>{value}</covariance>" for other, value in covariances) + "</region>")

    path = tmp_path / "a.info"
    path.write_text("<analysis id='a'>" + region("A", ("A", 4.41), ("B", 1.05)) + region("B", ("B", 4.41)) + region("C", ("C", 4.41)) + "</analysis>")
    expected = [f"{path}, the covariance: 2 pairs of regions have no entry, which means no correlation",
                f"{path}, the covariance: 1 pairs are given once and taken for both sides"]
    converted = relume("convert", path)
    assert converted.returncode == 0 and converted.stderr.splitlines() == [f"relume: note: {note}" for note in expected]
    assert told(relume, path)[1][0]["notes"] == expected
    assert f"  note: {expected[0]}\n" in relume("detect", path).stdout
    fitted = relume("fit", path)
    assert fitted.returncode == 0 and json.loads(fitted.stdout)["notes"][:2] == expected


@pytest.mark.parametrize("scale", [1.0, 100.0, 0.5])
def test_correlations_are_scaled_with_errors_and_not_otherwise(relume, tmp_path, scale):
    entries = json.loads(COVARIANCE.read_text())["values"]
    for row, rho in zip(entries, [1.0, 0.5, 0.5, 1.0], strict=True):
        row["y"][0]["value"] = str(scale * rho)
    path = tmp_path / "correlation.json"
    path.write_text(json.dumps({"name": "Correlation matrix", "values": entries}))
    answer = relume("convert", YIELDS, "--covariance", path)
    if scale == 1.0:
        assert json.loads(answer.stdout)["covariance"] == [[25.0, 12.5], [12.5, 25.0]]
    else:
        assert answer.returncode == 2 and answer.stdout == "" and "divide by 100" in answer.stderr


def test_what_would_be_lost_is_refused(relume, tmp_path):
    simplified = SEEDS / "likelihood" / "simplified.json"
    refused = relume("convert", simplified, "--to", "pyhf")
    assert refused.returncode == 2 and refused.stdout == ""
    assert "third moments of 1 regions" in refused.stderr
    written = relume("convert", simplified, "--to", "pyhf", "--lossy")
    assert written.returncode == 0 and "warning: left out: third moments" in written.stderr
    assert len(json.loads(written.stdout)["channels"]) == 2
    limits = relume("convert", SEEDS / "likelihood" / "upper_limits.json", "--to", "pyhf", "--lossy")
    assert limits.returncode == 2 and "cannot be written as a workspace" in limits.stderr
    counting = SEEDS / "likelihood" / "counting.json"
    assert "choose one of them" in relume("convert", counting, "--to", "pyhf").stderr
    assert relume("convert", counting, "--to", "pyhf", "--region", "SR1").returncode == 0


@pytest.mark.parametrize("kind", ["simplified", "counting", "upper_limits", "measurements", "histfactory", "product"])
def test_a_stream_is_read_once(relume, kind):
    """A process substitution is a name that can be opened twice and read once."""
    text = (SEEDS / "likelihood" / f"{kind}.json").read_text()
    for name in ("-", "/dev/stdin"):
        answer = relume("convert", name, input=text)
        assert answer.returncode == 0, answer.stderr
        assert json.loads(answer.stdout) == json.loads(text)


def test_a_table_may_come_from_a_stream(relume):
    for name in ("-", "/dev/stdin"):
        answer = relume("convert", name, input=YIELDS.read_text())
        assert answer.returncode == 0 and json.loads(answer.stdout)["kind"] == "counting", answer.stderr


@pytest.mark.parametrize("kind", ["simplified", "counting", "upper_limits", "measurements", "histfactory", "product"])
def test_a_likelihood_file_is_written_as_it_was_read(relume, kind):
    path = SEEDS / "likelihood" / f"{kind}.json"
    answer = relume("convert", path)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == json.loads(path.read_text())
    assert list(json.loads(answer.stdout))[:3] == ["format", "version", "kind"]


def test_a_workspace_survives_both_ways(relume, files, tmp_path):
    inside = tmp_path / "inside.json"
    assert relume("convert", files.background, "-o", inside).returncode == 0
    out = relume("convert", inside, "--to", "pyhf")
    assert out.returncode == 0 and out.stderr == ""
    assert json.loads(out.stdout) == json.loads(files.background.read_text())


def test_wrong_options(relume, files):
    for arguments in (("--region", "SR"), ("--lossy",)):
        assert relume("convert", files.background, *arguments).returncode == 1
    assert relume("detect").returncode == 1
    assert relume("convert", files.signal).returncode == 2
    assert relume("convert", COVARIANCE).returncode == 2


def test_real_tables(relume, shared, tmp_path):
    """The published covariance of CMS-SUS-21-002 beside yields as SModels holds them: the same as SModels' covariance to its five digits."""
    folder = shared / "data" / "simplified"
    model = json.loads((folder / "CMS-SUS-21-002-eff" / "model.json").read_text())
    table = {"independent_variables": [{"header": {"name": "Region"}, "values": [{"value": r} for r in model["regions"]]}],
             "dependent_variables": [{"header": {"name": "Observed"}, "values": [{"value": n} for n in model["observed"]]},
                                     {"header": {"name": "Background"}, "values": [{"value": b} for b in model["background"]]}]}
    path = tmp_path / "yields.yaml"
    path.write_text(json.dumps(table))
    for source in ("hepdata-tables/CMS-SUS-21-002_cov_hepdata.json", "checkmate/cms_2205_09597_cov.json"):
        answer = relume("convert", path, "--covariance", folder / source)
        assert answer.returncode == 0, answer.stderr
        made = json.loads(answer.stdout)
        assert [r["name"] for r in made["regions"]] == model["regions"]
        published = json.loads((folder / source).read_text())["values"]
        entries = {tuple(float(x["value"]) for x in row["x"]): float(row["y"][0]["value"]) for row in published}
        for i, row in enumerate(made["covariance"]):
            for j, entry in enumerate(row):
                assert entry == entries[i + 0.5, j + 0.5]
    code, found = told(relume, *sorted(folder.glob("*/model.json")), folder / "CMS-NOTE-2017-001-toy.json")
    assert code == 0 and {f["kind"] for f in found} == {"simplified"}
