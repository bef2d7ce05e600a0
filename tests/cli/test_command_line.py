# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Exit codes, error messages, and everything that is made from the option table."""

import pathlib
import re
import shutil
import subprocess

import pytest
import small_search

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS = ["inspect", "cls", "limit", "fit", "significance", "nll", "combine", "prune", "rename", "sort", "digest",
            "patchset list", "patchset extract", "patchset apply", "patchset verify", "completions", "man"]


@pytest.mark.parametrize("arguments, complaint", [
    ([], "a command is needed"),
    (["cl"], "there is no command 'cl'"),
    (["patchset", "inspectt"], "there is no command 'patchset inspectt'"),
    (["cls", "FILE", "--tset-poi", "1"], "there is no option '--tset-poi'"),
    (["cls", "FILE", "FILE"], "is not expected"),
    (["limit", "FILE", "--level", "2"], "--level: needs a finite number above 0 and below 1, not '2'"),
    (["limit", "FILE", "--level", "0"], "--level"),
    (["limit", "FILE", "--jobs", "0"], "--jobs: needs a whole number from 1 to 1024, not '0'"),
    (["limit", "FILE", "--jobs", "1.5"], "--jobs"),
    (["cls", "FILE", "--test-poi", "nan"], "--test-poi: needs a finite number, not 'nan'"),
    (["cls", "FILE", "--test-poi", "1e400"], "--test-poi"),
    (["cls", "FILE", "--test-poi", "-1"], "must not be negative"),
    (["cls", "FILE", "--test-poi", "1", "--test-poi", "2"], "--test-poi: given 2 times"),
    (["cls", "FILE", "--test-poi", "1", "--test-stat", "q0"], "q0 tests 0"),
    (["cls", "FILE", "--test-stat", "qq"], "q, qtilde, q0, t or ttilde"),
    (["cls", "FILE", "--format", "xml"], "--format: needs json or table"),
    (["cls", "FILE", "--fix", "mu"], "--fix: needs NAME=VALUE"),
    (["cls", "FILE", "--fix", "mu=inf"], "--fix: needs NAME=VALUE"),
    (["cls", "FILE", "--interpcode", "normsys=code0"], "--interpcode: needs normsys=code1"),
    (["cls", "FILE", "--clip-bin-data", "-1"], "--clip-bin-data: needs a number >= 0"),
    (["cls", "FILE", "--point", "x"], "--patchset FILE is missing"),
    (["cls", "FILE", "--other-channels-zero"], "--signal FILE is missing"),
    (["fit", "FILE", "--patchset", "FILE"], "--patchset needs --point"),
    (["limit", "FILE", "--patchset", "FILE", "--signal", "FILE"], "choose a --point"),
    (["cls", "-", "--patch", "-"], "only once"),
    (["combine", "FILE"], "RIGHT is missing"),
    (["combine", "FILE", "FILE", "--merge-channels"], "--merge-channels needs --join"),
    (["digest", "FILE", "--json", "--plaintext"], "exclude each other"),
    (["digest", "FILE", "-a", "sha1"], "md5 or sha256"),
    (["rename", "FILE", "-c", "one"], ""),
    (["patchset", "extract", "FILE"], "--name NAME is missing"),
    (["completions", "tcsh"], "SHELL needs bash, zsh or fish"),
])
def test_usage_errors(relume, files, arguments, complaint):
    result = relume(*[files.background if a == "FILE" else a for a in arguments], input="")
    assert result.returncode == 1 and result.stdout == ""
    assert complaint in result.stderr and result.stderr.startswith("relume: ")


def test_options_do_not_swallow_the_workspace(answer, files):
    assert answer("cls", "--patch", files.patch, files.background)["status"] == "ok"
    assert answer("fit", "--fix", "JES=0", "--fix", "mu_top=1", files.background)["mle_parameters"]["JES"] == [0.0]
    assert answer("rename", "-c", "SR", "signal_region", "-s", "top", "ttbar", files.background)["channels"]
    assert answer("prune", "-c", "CR", "-s", "fakes", files.background)["channels"]


def broken(**changes):
    workspace = small_search.background_only()
    workspace.update(changes)
    return workspace


@pytest.mark.parametrize("content, complaints", [
    ("", ["empty"]),
    ('{"channels": [', [":1:"]),
    ("[" * 100000, ["nest"]),
    ("[]", ["#"]),
    (broken(version="2.0.0"), ["#/version"]),
    (broken(observations=[{"name": "SR", "data": [16]}]), ["SR", "CR"]),
    (broken(surprise=1), ["surprise"]),
])
def test_bad_workspaces_are_input_errors(relume, files, content, complaints, tmp_path):
    path = files.write("bad.json", content)
    output = tmp_path / "result.json"
    for command in ("cls", "limit", "fit", "nll", "inspect", "sort", "digest"):
        result = relume(command, path, "--output-file", output)
        assert result.returncode == 2 and result.stdout == "" and not output.exists(), command
        for complaint in complaints:
            assert complaint in result.stderr
        assert all(line.startswith("relume: ") for line in result.stderr.splitlines())


def test_every_problem_has_its_line(relume, files):
    workspace = small_search.background_only()
    workspace["channels"][0]["samples"][0]["data"] = [12.0]
    workspace["channels"][1]["samples"][0]["modifiers"][0]["type"] = "normsis"
    result = relume("fit", files.write("bad.json", workspace))
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) >= 2
    assert "#/channels/0/samples/0" in result.stderr and "#/channels/1/samples/0/modifiers/0/type" in result.stderr


@pytest.mark.parametrize("arguments, complaints", [
    (["cls", "BACKGROUND"], ["'mu'", "--signal"]),
    (["cls", "BACKGROUND", "--patch", "PATCHSET"], ["use --patchset"]),
    (["cls", "BACKGROUND", "--patch", "SIGNAL"], ["use --signal"]),
    (["cls", "BACKGROUND", "--patch", "BACKGROUND"], ["looks like a workspace"]),
    (["cls", "BACKGROUND", "--patchset", "PATCHSET", "--point", "point_77"], ["point_77", "'point_"]),
    (["cls", "BACKGROUND", "--patch", "PATCH", "--patch", "PATCH", "--patchset", "PATCH"], ["#"]),
    (["fit", "BACKGROUND", "--fix", "JEX=1", "--fix", "fakes_SR=1"], ["did you mean 'JES'", "'fakes_SR[0]' to 'fakes_SR[1]'"]),
    (["fit", "BACKGROUND", "--measurement", "none"], ["'search'"]),
    (["fit", "BACKGROUND", "--drop-channel", "XR"], ["'XR'", "'CR'"]),
    (["fit", "BACKGROUND", "--drop-channel", "SR", "--drop-channel", "CR"], ["after --drop-channel: there must be at least one channel"]),
    (["nll", "BACKGROUND", "--set", "mu_topp=1", "--set", "fakes_SR[2]=1"], ["did you mean 'mu_top'", "'fakes_SR[1]'"]),
    (["fit", "/no/such/file"], ["cannot be read"]),
    (["fit", "BACKGROUND", "--output-file", "/no/such/folder/x"], ["cannot be written"]),
])
def test_wrong_inputs(relume, files, arguments, complaints):
    names = {"BACKGROUND": files.background, "PATCH": files.patch, "PATCHSET": files.patchset, "SIGNAL": files.signal}
    result = relume(*[names.get(a, a) for a in arguments])
    assert result.returncode == 2 and result.stdout == ""
    for complaint in complaints:
        assert complaint in result.stderr


def test_parameters_file_lists_every_mistake(relume, files):
    point = files.write("point.json", {"mu_topp": 1, "fakes_SR": [1.0], "JES": "much", "fakes_SR[5]": 1})
    result = relume("nll", files.background, "--parameters", point)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 4
    assert "did you mean 'mu_top'" in result.stderr and "1 values for a parameter of 2" in result.stderr


def test_fixing_the_tested_parameter_is_refused(relume, files):
    result = relume("limit", files.background, "--patch", files.patch, "--fix", "mu=1")
    assert result.returncode == 1 and "'mu'" in result.stderr


def test_version(relume):
    assert re.fullmatch(r"relume \d+\.\d+\.\d+\n", relume("--version").stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_usage_and_examples(relume, command):
    result = relume(*command.split(), "--help")
    assert result.returncode == 0 and result.stderr == ""
    assert f"usage: relume {command}" in result.stdout and "examples:" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 110


def test_help_of_the_program_and_of_a_group(relume):
    text = relume("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in text
    group = relume("patchset", "--help").stdout
    assert all(f"\n  {name} " in group for name in ("list", "extract", "apply", "verify"))


def test_options_page_is_fresh(relume):
    page = (CHECKOUT / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    assert page == relume("man", "--format", "markdown").stdout, \
        "make it again: build/relume man --format markdown > docs/reference/options.md"


def test_manual_page(relume):
    page = relume("man").stdout
    assert page.startswith(".TH RELUME 1") and all(f".SS {c}" in page for c in COMMANDS)
    if shutil.which("groff") is None:
        pytest.skip("groff, which would check the page, is not installed")
    checked = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and checked.stderr == ""


def bash_completes(script, words):
    """What bash would offer for the last of the words."""
    quoted = " ".join(f"'{w}'" for w in words)
    driver = f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _relume; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    run = subprocess.run(["bash", "-c", driver], capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_bash_completions(relume):
    script = relume("completions", "bash").stdout
    assert bash_completes(script, ["relume", "com"]) == ["combine", "completions"]
    assert bash_completes(script, ["relume", "patchset", "e"]) == ["extract"]
    assert bash_completes(script, ["relume", "cls", "--test-s"]) == ["--test-stat"]
    assert bash_completes(script, ["relume", "cls", "x.json", "--test-stat", "q"]) == ["q", "qtilde", "q0"]
    assert bash_completes(script, ["relume", "combine", "--join", "left"]) == ["left outer"]
    assert bash_completes(script, ["relume", "patchset", "extract", "--na"]) == ["--name"]
    assert bash_completes(script, ["relume", "completions", "f"]) == ["fish"]


@pytest.mark.parametrize("shell, check", [("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_other_completions(relume, shell, check, tmp_path):
    script = relume("completions", shell).stdout
    assert all(word in script for word in ("test-stat", "ttilde", "patchset", "extract"))
    if shutil.which(shell) is None:
        pytest.skip(f"{shell}, which would read these completions, is not installed")
    path = tmp_path / "completions"
    path.write_text(script, encoding="utf-8")
    assert subprocess.run([*check, path], capture_output=True, check=False).returncode == 0
