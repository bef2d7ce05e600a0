# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""relume's pyhf under the name pyhf, in processes of their own."""

import os
import pathlib
import subprocess
import sys
import textwrap


def run(program, *prefix, environment=None, check=True):
    return subprocess.run([sys.executable, *prefix, "-c", textwrap.dedent(program)] if not prefix else [sys.executable, *prefix], capture_output=True,
                          text=True, check=check, env={**os.environ, **(environment or {})})


def test_every_submodule_is_ours():
    out = run("""
        import relume.compat
        relume.compat.install_as_pyhf()
        import importlib, sys
        import pyhf, pyhf.pdf, pyhf.workspace, pyhf.infer.mle, pyhf.optimize.common, pyhf.contrib.utils
        import pyhf.infer.intervals.upper_limits
        from pyhf.infer import hypotest
        from pyhf.pdf import Model
        from pyhf.readxml import parse
        import relume.compat.pyhf as ours
        assert pyhf is ours and Model is ours.Model and pyhf.Workspace is ours.Workspace
        assert sys.modules["pyhf.pdf"] is sys.modules["relume.compat.pyhf.pdf"]
        assert pyhf.__version__ == "0.7.6" and pyhf.__path__ and pyhf.__file__
        for name, module in sys.modules.items():
            if name == "pyhf" or name.startswith("pyhf."):
                assert module.__name__.startswith("relume.compat.pyhf"), name
                assert module.__spec__.name.startswith("relume.compat.pyhf"), name
        try:
            import pyhf.guess
        except ModuleNotFoundError:
            pass
        import importlib.metadata
        assert importlib.metadata.version("pyhf") == "0.7.6"
        assert not any(name.startswith("pyhf") and "site-packages/pyhf" in str(getattr(m, "__file__", "")) for name, m in sys.modules.items())
        print("fine")
    """)
    assert out.stdout == "fine\n"


def test_the_real_one_comes_back():
    out = run("""
        import pyhf as first
        import relume.compat
        relume.compat.install_as_pyhf()
        import pyhf as second
        model = first.simplemodels.uncorrelated_background([5.0], [50.0], [7.0])
        model.logpdf(model.config.suggested_init(), [52.0, *model.config.auxdata])
        relume.compat.uninstall_pyhf()
        import pyhf as third, pyhf.pdf
        print(first.__name__, second.__name__, third is first, pyhf.pdf.__name__)
    """)
    assert out.stdout == "pyhf relume.compat.pyhf True pyhf.pdf\n"


def test_a_second_installation_changes_nothing():
    out = run("""
        import relume.compat
        print(relume.compat.install_as_pyhf() is relume.compat.install_as_pyhf())
    """)
    assert out.stdout == "True\n"


def test_loggers_have_pyhfs_names():
    out = run("""
        import relume.compat
        relume.compat.install_as_pyhf()
        import pyhf
        print(pyhf.pdf.log.name, pyhf.workspace.log.name)
    """)
    assert out.stdout == "pyhf.pdf pyhf.workspace\n"


SCRIPT = """
import sys
import pyhf
from pyhf.infer import hypotest

model = pyhf.simplemodels.uncorrelated_background([12.0, 11.0], [50.0, 52.0], [3.0, 7.0])
print(pyhf.__name__, sys.argv[1:], f"{float(hypotest(1.0, [51.0, 48.0, *model.config.auxdata], model)):.8f}")
"""


def test_running_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    assert run("", "-m", "relume.compat.run", str(script), "a", "--b").stdout == "relume.compat.pyhf ['a', '--b'] 0.05251553\n"
    assert run("", "-m", "relume.compat.run", "--strict", str(script)).stdout == "relume.compat.pyhf [] 0.05251497\n"
    assert run("", str(script)).stdout == "pyhf [] 0.05251497\n"


def test_running_a_module(tmp_path):
    (tmp_path / "some_module.py").write_text(SCRIPT)
    out = subprocess.run([sys.executable, "-m", "relume.compat.run", "-m", "some_module", "x"], cwd=tmp_path, capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": os.pathsep.join([str(pathlib.Path(p).resolve()) for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p])})
    assert out.stdout == "relume.compat.pyhf ['x'] 0.05251553\n"


def test_running_nothing():
    assert run("", "-m", "relume.compat.run", check=False).returncode == 1
    assert "there is no file" in run("", "-m", "relume.compat.run", "nowhere.py", check=False).stderr
    assert "SCRIPT" in run("", "-m", "relume.compat.run", "--help").stdout
