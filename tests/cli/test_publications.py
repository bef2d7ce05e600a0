# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every command takes every kind of published result."""

import json

import pytest

# CMS-NOTE-2017-001, section 5; signal and numbers as transcribed by SModelS: the limit of 180.676 events is published
# there, the others were computed independently of this program with scipy.
NOTE_LIMIT, NOTE_CLS = 1.315924, 0.204066

REGIONS = {"SR1": (36, 50.0), "SR2": (33, 48.0)}


def simplified(covariance=((144.0, 19.0), (19.0, 256.0)), **more):
    return {
        "format": "relume-likelihood", "version": 1, "kind": "simplified", "name": "two regions",
        "regions": [{"name": name, "observed": n, "background": b} for name, (n, b) in REGIONS.items()],
        "covariance": [list(row) for row in covariance], **more,
    }


def counting(uncertainty=(12.0, 16.0)):
    return {
        "format": "relume-likelihood", "version": 1, "kind": "counting",
        "regions": [{"name": name, "observed": n, "background": b, "uncertainty": u}
                    for (name, (n, b)), u in zip(REGIONS.items(), uncertainty, strict=True)],
    }


def signal(yields):
    return {"format": "relume-signal", "version": 1, "name": "s",
            "samples": [{"name": "s", "channels": {name: [y] for name, y in yields.items()}}]}


@pytest.fixture
def with_signal(files):
    return ["--signal", files.write("s.json", signal({"SR1": 12.0, "SR2": 15.0}))]


def test_the_toy_of_the_cms_note(files, answer, shared):
    toy = shared / "data" / "simplified" / "CMS-NOTE-2017-001-toy.json"
    document = json.loads(toy.read_text(encoding="utf-8"))
    names = [name for name, _ in answer("inspect", toy, "--format", "json")["channels"]]
    with_yields = files.write("toy_signal.json", signal(dict(zip(names, document["signal"], strict=True))))
    limit = answer("limit", toy, "--signal", with_yields)
    assert limit["observed"] == pytest.approx(NOTE_LIMIT, abs=1e-6)
    assert limit["observed"] * sum(document["signal"]) == pytest.approx(180.6763, abs=1e-4)
    assert answer("cls", toy, "--signal", with_yields)["CLs_obs"] == pytest.approx(NOTE_CLS, abs=1e-6)
    # What moves auxiliary data to the fit, as pyhf does, is another question.
    assert answer("limit", toy, "--signal", with_yields, "--constraints", "measurements")["observed"] == pytest.approx(1.311735, abs=1e-6)


def test_directories_of_smodels(answer, shared, tmp_path):
    result = shared / "data" / "efficiency-maps" / "CMS-SUS-20-004-eff"
    path = tmp_path / "s.json"
    from_maps = answer("signal", result, "--topology", "TChiHH", "--masses", "375,150", "--cross-section", "50fb")
    path.write_text(json.dumps(from_maps), encoding="utf-8")
    limit = answer("limit", shared / "data" / "simplified" / "CMS-SUS-20-004-eff", "--signal", path)
    # Independent convex solver, reference/simplified.
    assert limit["observed"] == pytest.approx(1.0561683343586872, rel=1e-6)
    assert limit["expected"][2] == pytest.approx(0.6799608066252729, rel=1e-6)


COMMANDS = [
    ["fit"], ["limit"], ["cls"], ["significance"], ["nll"], ["inspect", "--format", "json"], ["validate", "--format", "json"],
    ["scan", "--parameter", "mu", "--from", "0", "--to", "1", "--points", "3"], ["intervals", "--parameter", "mu"], ["yields"], ["impacts"], ["goodness"],
    ["toys", "--toys", "20"], ["posterior", "--samples", "50", "--warmup", "50"],
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", [simplified, counting])
def test_every_command_takes_it(files, relume, with_signal, kind, command):
    path = files.write("model.json", kind())
    result = relume(command[0], path, *with_signal, *command[1:])
    assert result.returncode in ((0, 3) if command[0] == "posterior" else (0,)), result.stderr
    json.loads(result.stdout)


def test_of_counting_regions_the_most_sensitive_is_used(files, answer, relume, with_signal):
    path = files.write("model.json", counting())
    limit = answer("limit", path, *with_signal)
    assert any("'SR2' alone is used" in note for note in limit["notes"])
    assert answer("limit", path, *with_signal, "--region", "SR2")["observed"] == limit["observed"]
    expected = {r: answer("limit", path, *with_signal, "--region", r, "--asimov", "a-priori")["expected"][2] for r in REGIONS}
    assert expected["SR2"] < expected["SR1"]
    without = relume("fit", path)
    assert without.returncode == 1
    assert "'SR1', 'SR2'" in without.stderr and "--region" in without.stderr
    of_all = relume("limit", files.write("all.json", simplified()), *with_signal, "--region", "SR1")
    assert of_all.returncode == 1 and "one region is chosen of counting experiments only" in of_all.stderr


def test_uncorrelated_regions_agree_with_spey(files, answer, with_signal):
    # spey's own tests give 0.85633457; an independent computation 0.85633214 (both without moving auxiliary data).
    path = files.write("model.json", simplified(covariance=((144.0, 0.0), (0.0, 256.0))))
    assert answer("limit", path, *with_signal)["observed"] == pytest.approx(0.85633214, abs=1e-6)


def test_edits_keep_correlations(files, answer, with_signal):
    path = files.write("model.json", simplified())
    renamed = answer("rename", path, "--channel", "SR1", "first")
    assert renamed["kind"] == "histfactory" and len(renamed["correlations"]) == 1
    pruned = answer("prune", path, "--channel", "SR1")
    assert "correlations" not in pruned
    again = files.write("renamed.json", renamed)
    other = ["--signal", files.write("s2.json", signal({"first": 12.0, "SR2": 15.0}))]
    assert answer("limit", again, *other)["observed"] == pytest.approx(answer("limit", path, *with_signal)["observed"], rel=1e-9)


def test_what_does_not_fit_is_refused(files, relume, with_signal):
    path = files.write("model.json", simplified())
    for arguments, complaint in [
        (["limit", path, "--patch", files.patch], "--patch is about channels and samples"),
        (["limit", path, "--signal", files.write("bad.json", signal({"SR1": 1.0}))], "SR2"),
        (["limit", files.write("c.json", counting()), "--signal", files.write("bad2.json", signal({"SR3": 1.0}))], "SR3"),
        (["fit", files.write("n.json", simplified(covariance=((144.0, 400.0), (400.0, 256.0))))], "correlation"),
    ]:
        result = relume(*arguments)
        assert result.returncode == 2, result.stderr
        assert complaint in result.stderr
        assert result.stdout == ""


def test_backgrounds_are_averaged_over(files, answer, relume):
    # One region, 3 events on 2 +- 1: the posterior of a flat prior and CLs without Asimov data are other questions; held here is that
    # the average is one, against its integral by the trapezoidal rule.
    import math

    n, b, sigma, s = 3, 2.0, 0.5, 1.0
    path = files.write("one.json", {"format": "relume-likelihood", "version": 1, "kind": "counting",
                                    "regions": [{"name": "SR", "observed": n, "background": b, "uncertainty": sigma}]})
    one = ["--signal", files.write("one_signal.json", signal({"SR": s}))]

    def average(mu):
        step, total = 1e-3, 0.0
        for k in range(-4000, 8000):
            theta = k * step
            rate = mu * s + b + theta
            if rate > 0.0:
                total += step * math.exp(n * math.log(rate) - rate - math.lgamma(n + 1) - 0.5 * (theta / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
        return -2.0 * math.log(total)

    for mu in (0.0, 2.0):
        fit = answer("fit", path, *one, "--marginalise", "--fix", f"mu={mu}", code=0)
        assert fit["twice_nll"] == pytest.approx(average(mu), abs=1e-4)
    limit = answer("limit", path, *one, "--marginalise")
    assert limit["status"] == "ok" and any("averaged over" in note for note in limit["notes"])


LIMITS = {"format": "relume-likelihood", "version": 1, "kind": "upper_limits", "observed": 2.0, "unit": "fb", "expected": [None, 0.7, 1.0, 1.4, None]}
VALUES = {"format": "relume-likelihood", "version": 1, "kind": "measurements", "poi": "kappa",
          "parameters": [{"name": "kappa", "initial": 1.0, "lower": 0.0, "upper": 5.0}],
          "measured": [{"error_model": "gaussian", "values": [{"name": "mu_ggF", "value": 1.2, "lower_error": 0.2, "upper_error": 0.2, "prediction": "kappa^2"}]}]}


@pytest.mark.parametrize("command", [["inspect", "--format", "json"], ["validate", "--format", "json"], ["fit"], ["limit", "--test-stat", "q"], ["cls"], ["nll"],
                                     ["scan"], ["intervals"], ["yields"], ["impacts"], ["goodness"], ["posterior", "--samples", "50", "--warmup", "50"]])
@pytest.mark.parametrize("document", [LIMITS, VALUES], ids=["limits", "measurements"])
def test_kinds_without_channels_answer_too(files, relume, document, command):
    result = relume(command[0], files.write("model.json", document), *command[1:])
    assert result.returncode in (0, 3), result.stderr
    answer = json.loads(result.stdout)
    assert result.returncode == 0 or answer["reason"]


@pytest.mark.parametrize("arguments, complaint", [
    (["limit", "values", "--constraints", "priors"], "--constraints: means nothing for measurements"),
    (["limit", "limits", "--constraints", "measurements"], "--constraints: means nothing for upper limits"),
    (["limit", "limits", "--interpcode", "normsys=code1"], "--interpcode: means nothing for upper limits"),
    (["fit", "values", "--interpcode", "histosys=code0"], "--interpcode: means nothing for measurements"),
    (["fit", "product", "--constraints", "priors"], "--constraints: means nothing for a product of what has no channels"),
    (["fit", "product", "--clip-bin-data", "1"], "--clip-bin-data: means nothing for a product of what has no channels"),
    (["fit", "product", "--measurement", "one"], "--measurement: means nothing for a product"),
    (["validate", "limits", "--skip", "nonsense"], "no check is called 'nonsense'"),
    (["convert", "simplified", "--subset", "nonsense"], "subset: only files of MadAnalysis 5"),
    (["convert", "simplified", "--matrix", "correlation"], "--matrix is about the table of --covariance"),
    (["convert", "simplified", "--to", "pyhf", "--region", "NONSENSE"], "region: one region is chosen of counting experiments only"),
    (["prune-small", "simplified", "--marginalise"], "--marginalise is about the limits of --check"),
    (["prune-small", "simplified", "--clip-bin-data", "1"], "--clip-bin-data is about the limits of --check"),
])
def test_options_that_do_not_apply_are_refused(files, relume, arguments, complaint):
    documents = {"values": VALUES, "limits": LIMITS, "simplified": simplified(),
                 "product": {"format": "relume-likelihood", "version": 1, "kind": "product",
                             "components": [{"name": "A", "likelihood": VALUES}, {"name": "B", "likelihood": LIMITS | {"poi": "mu_B"}}]}}
    result = relume(arguments[0], files.write("input.json", documents[arguments[1]]), *arguments[2:])
    assert result.returncode == 1, result.stderr
    assert complaint in result.stderr
    assert result.stdout == ""


def test_options_reach_the_components_that_they_are_about(files, answer):
    """A product of a background with priors and a measured value: the kind of constraints is one of the background."""
    product = {"format": "relume-likelihood", "version": 1, "kind": "product", "components": [{"name": "A", "likelihood": simplified()}, {"name": "B", "likelihood": VALUES}]}
    path = files.write("product.json", product)
    both = ["--signal", files.write("both.json", signal({"A/SR1": 12.0, "A/SR2": 15.0})), "--other-channels-zero"]
    priors, measured = (answer("limit", path, *both, "--constraints", kind)["expected"][2] for kind in ("priors", "measurements"))
    assert abs(priors / measured - 1.0) > 0.01


def test_what_needs_a_signal_or_a_choice_can_be_looked_at(files, answer, relume):
    product = shared_product()
    paths = files.write("counts.json", counting()), files.write("product.json", product)
    counts, parts = (answer("inspect", path, "--format", "json") for path in paths)
    assert [(r["name"], r["observed"], r["uncertainty"]) for r in counts["regions"]] == [("SR1", 36, 12.0), ("SR2", 33, 16.0)]
    assert [(c["name"], c["kind"]) for c in parts["components"]] == [("A", "simplified"), ("B", "upper_limits")]
    for path, document, reason in zip(paths, (counts, parts), ("2 regions", "a signal may bring it along"), strict=True):
        assert document["parameters"] == [] and document["poi"] is None
        assert any(note.startswith(f"no likelihood yet: {path}, ") and reason in note for note in document["notes"])
        assert "no likelihood yet" in relume("inspect", path, "--format", "table").stdout
        assert answer("validate", path, "--format", "json")["notes"][-1].startswith("read without a problem")
        limit = relume("limit", path)
        assert limit.returncode in (1, 2) and f"{path}, " in limit.stderr
    assert relume("inspect", paths[0], "--region", "nowhere").returncode == 2
    assert relume("inspect", paths[1], "--measurement", "nowhere").returncode == 1
    misspelt = product | {"shared": [{"name": "k", "members": [{"component": "A", "parameter": "k"}, {"component": "B", "parameter": "mu_B"}]}]}
    assert relume("validate", files.write("misspelt.json", misspelt)).returncode == 2
    named = answer("inspect", paths[0], "--region", "SR1", "--format", "json")
    assert named["channels"] == [["SR1", 1]]


def test_published_limits_come_back(files, answer):
    limit = answer("limit", files.write("limits.json", LIMITS), "--test-stat", "q")
    assert limit["observed"] == pytest.approx(2.0, rel=1e-7)
    assert limit["expected"][1:4] == pytest.approx([0.7, 1.0, 1.4], rel=1e-7)


def test_products_of_several_kinds(files, answer):
    product = {"format": "relume-likelihood", "version": 1, "kind": "product",
               "components": [{"name": "A", "likelihood": simplified()}, {"name": "B", "likelihood": LIMITS | {"poi": "mu_B"}}]}
    path = files.write("product.json", product)
    both = answer("limit", path, "--signal", files.write("both.json", signal({"A/SR1": 12.0, "A/SR2": 15.0, "B/limit": 1.0})))
    alone = answer("limit", files.write("a.json", simplified()), "--signal", files.write("a_signal.json", signal({"SR1": 12.0, "SR2": 15.0})))
    assert both["expected"][2] < alone["expected"][2]


def shared_product() -> dict:
    """The example of docs/formats/likelihood.md: B's limits share the strength of A."""
    return {"format": "relume-likelihood", "version": 1, "kind": "product", "poi": "mu",
            "components": [{"name": "A", "likelihood": simplified()}, {"name": "B", "likelihood": LIMITS | {"poi": "mu_B"}}],
            "shared": [{"name": "mu", "members": [{"component": "A", "parameter": "mu"}, {"component": "B", "parameter": "mu_B"}]}]}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_products_of_several_kinds(files, relume, command):
    yields = files.write("s.json", signal({"A/SR1": 12.0, "A/SR2": 15.0, "B/limit": 1.0}))
    result = relume(command[0], files.write("model.json", shared_product()), "--signal", yields, *command[1:])
    # 3: published limits have no toys, and no goodness of fit.
    assert result.returncode in ((0, 3) if command[0] in ("posterior", "toys", "goodness") else (0,)), result.stdout + result.stderr


def test_a_signal_keeps_what_products_share(files, answer):
    path = files.write("product.json", shared_product())
    some = answer("limit", path, "--signal", files.write("some.json", signal({"A/SR1": 12.0, "A/SR2": 15.0})))
    both = answer("limit", path, "--signal", files.write("both.json", signal({"A/SR1": 12.0, "A/SR2": 15.0, "B/limit": 1.0})))
    assert any("'B' depends on 'mu' as published" in note for note in some["notes"])
    assert some["expected"] == pytest.approx(both["expected"], rel=1e-9)  # one event per unit of strength is what the file says


def test_a_signal_has_to_say_what_it_does_in_every_component(files, relume, answer):
    product = shared_product()
    del product["shared"], product["poi"]
    path = files.write("product.json", product)
    only_a = {"A/SR1": 12.0, "A/SR2": 15.0}
    result = relume("limit", path, "--signal", files.write("some.json", signal(only_a)))
    assert result.returncode == 2 and "says nothing about 'B/limit'" in result.stderr
    unknown = relume("limit", path, "--signal", files.write("unknown.json", signal(only_a) | {"zero_channels": ["B/nonsense"]}))
    assert unknown.returncode == 2 and "nothing is called 'nonsense'" in unknown.stderr
    zero = answer("limit", path, "--signal", files.write("zero.json", signal(only_a) | {"zero_channels": ["B/limit"]}))
    alone = answer("limit", files.write("a.json", simplified()), "--signal", files.write("a_signal.json", signal({"SR1": 12.0, "SR2": 15.0})))
    assert zero["observed"] == pytest.approx(alone["observed"], rel=1e-7)


@pytest.mark.parametrize(("poi", "code"), [("kappa", 2), ("nosuch", 1)])
def test_a_wrong_parameter_of_interest_is_an_error_of_its_user(files, relume, poi, code):
    measured = {"error_model": "gaussian", "values": [{"name": "x", "value": 1.0, "lower_error": 0.1, "upper_error": 0.1, "signal": 1.0, "prediction": "kappa"}]}
    document = {"format": "relume-likelihood", "version": 1, "kind": "measurements", "parameters": [{"name": "mu", "initial": 1.0}],
                "definitions": [{"name": "kappa", "expression": "mu^2"}], "measured": [measured]}
    result = relume("fit", files.write("m.json", document | {"poi": "mu"}), "--poi", poi)
    assert result.returncode == code and f"'{poi}'" in result.stderr, result.stderr


def test_averages_know_which_expected_data_are_asked_for(files, answer, with_signal):
    # Far more was observed than expected: a-posteriori data have the fitted background, a-priori data the published one.
    excess = counting()
    excess["regions"] = [excess["regions"][0] | {"observed": 80}]
    path = files.write("excess.json", excess)
    one = ["--signal", files.write("one.json", signal({"SR1": 12.0}))]
    after, before = (answer("limit", path, *one, "--marginalise", "--asimov", kind)["expected"][2] for kind in ("a-posteriori", "a-priori"))
    assert after > 1.05 * before
