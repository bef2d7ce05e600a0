# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""--plot: what is handed to Python, and what is said when there is no Python that could draw.

The interpreter is a script that writes down what it was asked, so that neither matplotlib nor the package is needed.
"""

import json
import os
import stat

import pytest
import small_search

RECORDER = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    --check) check=yes ;;
    --output=*) output="${word#--output=}" ;;
  esac
done
printf '%s\\n' "$*" >> "$RECORD.calls"
printf '%s' "$PYTHONSAFEPATH" > "$RECORD.safe_path"
if [ -z "$check" ]; then cat > "$RECORD.stdin"; printf drawn > "$output"; printf 'noise'; fi
"""


@pytest.fixture
def python(tmp_path):
    """Makes an interpreter of a script; returns the environment that names it."""

    def make(script=RECORDER):
        path = tmp_path / "python with a space"
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return {**os.environ, "RELUME_PYTHON": str(path), "RECORD": str(tmp_path / "record")}

    return make


def calls(folder):
    path = folder / "record.calls"
    return path.read_text().splitlines() if path.exists() else []


def test_limits_of_all_points_are_drawn(relume, files, python, tmp_path):
    picture = tmp_path / "$(touch injected); a picture.pdf"
    result = relume("limit", files.background, "--patchset", files.patchset, "--plot", picture, env=python(), cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert picture.read_text() == "drawn" and not (tmp_path / "injected").exists()
    assert calls(tmp_path) == [f"-m relume.plot limits --output={picture} --check", f"-m relume.plot limits --output={picture}"]
    assert json.loads((tmp_path / "record.stdin").read_text()) == json.loads(result.stdout)
    assert (tmp_path / "record.safe_path").read_text() == "1"


def test_the_picture_is_the_same_with_a_table(relume, files, python, tmp_path):
    result = relume("cls", files.background, "--patchset", files.patchset, "--format", "table", "--plot", tmp_path / "a.png", env=python())
    assert result.returncode == 0 and "noise" not in result.stdout
    handed_over = json.loads((tmp_path / "record.stdin").read_text())
    assert handed_over["n_points"] == 5 and all(0 <= point["CLs_obs"] <= 1 for point in handed_over["results"])


def test_a_fit_brings_what_was_known_before_it(relume, files, python, tmp_path):
    result = relume("fit", files.background, "--patch", files.patch, "--plot", tmp_path / "a.svg", env=python())
    assert result.returncode == 0, result.stderr
    handed_over = json.loads((tmp_path / "record.stdin").read_text())
    prefit = handed_over.pop("prefit")
    assert handed_over == json.loads(result.stdout)
    sigma = dict(zip(prefit["names"], prefit["sigma"], strict=True))
    assert sigma["JES"] == 1.0 and sigma["mu"] == 0.0
    assert dict(zip(prefit["names"], prefit["initial"], strict=True))["mu_top"] == 1.0


def test_yields_are_handed_over_as_they_are_printed(relume, files, python, tmp_path):
    result = relume("yields", files.background, "--mask-channel", "SR", "--plot", tmp_path / "a.svg", env=python())
    assert result.returncode == 0, result.stderr
    handed_over = json.loads((tmp_path / "record.stdin").read_text())
    assert handed_over == json.loads(result.stdout) and [c["data"] for c in handed_over["channels"]] == [[204], None]
    assert calls(tmp_path)[-1].startswith("-m relume.plot yields ")


@pytest.mark.parametrize("command, kind", [
    (["scan", "--points", 3], "scan"), (["scan", "--parameter", "mu", "--parameter", "JES", "--points", 3], "scan"),
    (["contour", "--parameter", "mu", "--parameter", "JES", "--points", 4], "contour")])
def test_profiles_are_handed_over_as_they_are_printed(relume, files, python, tmp_path, command, kind):
    result = relume(command[0], files.background, "--patch", files.patch, *command[1:], "--plot", tmp_path / "a.pdf", env=python())
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "record.stdin").read_text()) == json.loads(result.stdout)
    assert calls(tmp_path)[-1].startswith(f"-m relume.plot {kind} ")


def test_toys_are_handed_over_with_their_values(relume, files, python, tmp_path):
    result = relume("toys", files.background, "--patch", files.patch, "--toys", 20, "--plot", tmp_path / "a.pdf", env=python())
    handed_over = json.loads((tmp_path / "record.stdin").read_text())
    assert len(handed_over.pop("toys")["tested"]["q"]) == 20 and handed_over == json.loads(result.stdout)


@pytest.mark.parametrize("command", ["cls", "limit", "fit", "yields"])
def test_nothing_is_computed_without_a_python_that_draws(relume, files, python, tmp_path, command):
    model = ["--patch", files.patch] if command in ("fit", "yields") else ["--patchset", files.patchset]
    output = tmp_path / "result.json"
    complaint = "#!/bin/sh\necho 'Traceback' >&2\necho \"python: No module named 'relume'\" >&2\nexit 1\n"
    result = relume(command, files.background, *model, "--output-file", output, "--plot", "a.pdf", env=python(complaint), cwd=tmp_path)
    assert result.returncode == 2 and result.stdout == "" and not output.exists()
    assert result.stderr.startswith("relume: --plot: no picture: python: No module named 'relume'")
    assert 'pip install "relume[plot]"' in result.stderr and "RELUME_PYTHON" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_interpreter_that_is_not_there(relume, files, tmp_path):
    env = {**os.environ, "RELUME_PYTHON": str(tmp_path / "nowhere")}
    result = relume("limit", files.background, "--patchset", files.patchset, "--plot", "a.pdf", env=env, cwd=tmp_path)
    assert result.returncode == 2 and f"'{tmp_path}/nowhere' cannot be run" in result.stderr
    env = {"PATH": str(tmp_path)}
    result = relume("limit", files.background, "--patchset", files.patchset, "--plot", "a.pdf", env=env, cwd=tmp_path)
    assert result.returncode == 2 and "'python3' cannot be run" in result.stderr


def test_an_interpreter_that_dies(relume, files, python, tmp_path):
    result = relume("fit", files.background, "--patch", files.patch, "--plot", "a.pdf", env=python("#!/bin/sh\nkill -9 $$\n"), cwd=tmp_path)
    assert result.returncode == 2 and "was ended by signal 9" in result.stderr


def test_a_picture_that_fails_leaves_the_result(relume, files, python, tmp_path):
    script = "#!/bin/sh\ncase \"$*\" in *--check) exit 0 ;; esac\necho 'relume.plot: too few points' >&2\nexit 2\n"
    output = tmp_path / "result.json"
    result = relume("limit", files.background, "--patchset", files.patchset, "--output-file", output, "--plot", "a.pdf", env=python(script), cwd=tmp_path)
    assert result.returncode == 2 and "relume: --plot: no picture: relume.plot: too few points" in result.stderr
    assert "pip install" not in result.stderr
    assert json.loads(output.read_text())["n_usable"] == 5


@pytest.mark.parametrize("model", [["--patch", "patch.json"], ["--patchset", "patchset.json", "--point", "point_0"]])
@pytest.mark.parametrize("command", ["cls", "limit"])
def test_one_point_is_no_picture(relume, files, python, tmp_path, command, model):
    result = relume(command, files.background, *model, "--plot", "a.pdf", env=python(), cwd=tmp_path)
    assert result.returncode == 1 and "--plot shows all points of a patchset" in result.stderr
    assert calls(tmp_path) == []


def test_no_picture_of_what_is_not_usable(relume, files, python, tmp_path):
    patchset = small_search.patchset(small_search.background_only(), 2)
    for patch in patchset["patches"]:
        patch["patch"] = small_search.signal_patch([0.0, 0.0])  # no signal, no limit
    path = files.write("nothing.json", patchset)
    result = relume("limit", files.background, "--patchset", path, "--plot", "a.pdf", env=python(), cwd=tmp_path)
    assert result.returncode == 3 and "no picture: the result is not usable" in result.stderr
    assert not (tmp_path / "a.pdf").exists() and len(calls(tmp_path)) == 1
