#!/usr/bin/env python3
# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes docs/reference/python_api.md: signatures and docstrings of the public names of the Python package.

    tools/make_api_reference.py
    tools/make_api_reference.py --check      the same, writes nothing; fails when the page is stale

Reads the sources and imports nothing: neither a build nor the optional packages are needed, and the page is the same for every
version of Python. Fails when something public has no docstring.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "python_api.md"

# What is public: these modules' `__all__`, or where there is none, what they define.
MODULES = ("relume", "relume.plot", "relume.compat", "relume.jax")
# The files behind a module in the order of reading; otherwise names come in the order of `__all__`.
READING_ORDER = {"relume": ("spec", "publication", "hygiene", "model", "inference", "results", "contours", "impacts", "toy_limits", "yields", "goodness", "posterior", "marginal", "limits", "maps", "counting", "simplify", "errors")}
# A signature that is longer has its parameters on lines of their own.
WIDTH = 110

Definition = ast.FunctionDef | ast.ClassDef


class Source:
    """A parsed file of the package."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.lines = self.text.splitlines()
        self.definitions = {node.name: node for node in self.tree.body if isinstance(node, Definition)}
        self.constants: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                self.constants |= self.assigned(node.targets[0], node.value)

    def assigned(self, target: ast.expr, value: ast.expr) -> dict[str, str]:
        if isinstance(target, ast.Name):
            return {target.id: self.segment(value)}
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            return {k: v for t, part in zip(target.elts, value.elts, strict=True) for k, v in self.assigned(t, part).items()}
        return {}

    def segment(self, node: ast.AST) -> str:
        """As it is written, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())

    def public_names(self) -> list[str]:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
                return [name for name in ast.literal_eval(node.value) if not name.startswith("_")]
        return [name for name in self.definitions if not name.startswith("_")]

    def home(self, name: str) -> pathlib.Path:
        """The file that defines a name, which this one may only hand on."""
        if name in self.definitions or name in self.constants:
            return self.path
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.level and node.module and any((a.asname or a.name) == name for a in node.names):
                folder = self.path.parents[node.level - 1]
                return folder.joinpath(*node.module.split(".")).with_suffix(".py")
        raise SystemExit(f"{self.path}: {name} is public, but neither defined nor imported")


@dataclasses.dataclass(frozen=True)
class Entry:
    """A public name, or a base class that one needs."""

    name: str  # in full
    node: Definition
    source: Source


class Package:
    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.sources: dict[pathlib.Path, Source] = {}
        self.undocumented: list[str] = []

    def source(self, path: pathlib.Path) -> Source:
        if path not in self.sources:
            self.sources[path] = Source(path)
        return self.sources[path]

    def module(self, name: str) -> Source:
        path = self.root.joinpath(*name.split("."))
        return self.source(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))

    def documentation(self, node: ast.Module | Definition, name: str) -> str:
        text = ast.get_docstring(node) or ""
        if not text:
            self.undocumented.append(name)
        return text

    # ------------------------------------------------------------------ what there is

    def entries(self, module: str) -> list[tuple[str, list[Entry]]]:
        """Titles of the parts of a module ("" for the whole of it), and what is in them."""
        top = self.module(module)
        homes = {name: top.home(name) for name in top.public_names()}
        if module not in READING_ORDER:
            return [("", [Entry(f"{module}.{name}", self.source(home).definitions[name], self.source(home)) for name, home in homes.items()])]
        parts = []
        for stem in READING_ORDER[module]:
            source = self.source(top.path.parent / f"{stem}.py")
            public = [name for name, home in homes.items() if home == source.path]
            names = [name for name in source.definitions if name in public or name in self.private_bases(source, public)]
            entries = [Entry(f"{module}.{name}" if name in public else f"{module}.{stem}.{name}", source.definitions[name], source) for name in names]
            parts.append((self.documentation(source.tree, f"{module}.{stem}").split("\n\n")[0], entries))
        left_out = homes.keys() - {entry.node.name for _, entries in parts for entry in entries}
        if left_out:
            raise SystemExit(f"{module}: {', '.join(sorted(left_out))}: their file is not in READING_ORDER")
        return parts

    @staticmethod
    def private_bases(source: Source, public: list[str]) -> set[str]:
        """Classes of the file that are not handed on themselves, but whose members public ones have."""
        bases = {base.id for name in public if isinstance(node := source.definitions[name], ast.ClassDef) for base in node.bases if isinstance(base, ast.Name)}
        return {base for base in bases if base in source.definitions and base not in public}

    # ------------------------------------------------------------------ markdown

    def page(self) -> str:
        head = ["# Python API", "Made by `tools/make_api_reference.py` from the docstrings in `python/relume`; a test fails when this page is stale.\n"
                "[The guide](../guide/python.md) shows how things go together."]
        contents, body, anchor = [], [], Anchors()
        for module in MODULES:
            parts = self.entries(module)
            names = [entry.name for _, entries in parts for entry in entries]
            contents.append(f"- [{module}](#{anchor(module)}): " + ", ".join(f"[{name.rpartition('.')[2]}](#{anchor(name)})" for name in names))
            body += [f"## {module}", self.documentation(self.module(module).tree, module)]
            for title, entries in parts:
                if title:
                    body.append(f"**{title}**")
                for entry in entries:
                    body += self.of_class(entry) if isinstance(entry.node, ast.ClassDef) else self.of_function(entry)
        return "\n\n".join([*head, "\n".join(contents), *body]) + "\n"

    def of_function(self, entry: Entry) -> list[str]:
        return [f"### {entry.name}", code(self.signature(entry.source, entry.node, entry.node.name)), self.documentation(entry.node, entry.name)]

    def of_class(self, entry: Entry) -> list[str]:
        node, source = entry.node, entry.source
        bases = ", ".join(source.segment(base) for base in node.bases)
        parts = [f"### {entry.name}", code(f"class {node.name}({bases})" if bases else f"class {node.name}"), self.documentation(node, entry.name)]
        methods = [member for member in node.body if isinstance(member, ast.FunctionDef)]
        for member in methods:
            if member.name == "__init__" and (text := ast.get_docstring(member)):
                parts += [code(self.signature(source, member, node.name, returns=False)), text]
        public = [member for member in methods if not member.name.startswith("_")]
        rows = self.fields(entry)
        for member in public:
            if is_property(member):
                text = " ".join(self.documentation(member, f"{entry.name}.{member.name}").split())
                rows.append((member.name, source.segment(member.returns) if member.returns else "", text))
        if rows:
            parts.append("\n".join(["| attribute | type | what |", "|---|---|---|",
                                    *(f"| `{name}` | `{in_table(type_)}` | {in_table(text)} |" for name, type_, text in rows)]))
        for member in public:
            if not is_property(member):
                name = f"{node.name}.{member.name}"
                parts += [f"#### {name}", code(self.signature(source, member, member.name)), self.documentation(member, f"{entry.name}.{member.name}")]
        return parts

    def fields(self, entry: Entry) -> list[tuple[str, str, str]]:
        """Annotated names in the body of a class, with the `#:` behind or above them."""
        rows = []
        for member in entry.node.body:
            if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name) and not member.target.id.startswith("_"):
                behind = entry.source.lines[member.end_lineno - 1].partition("#:")[2]
                text, above = behind.strip(), member.lineno - 2
                while not behind and (match := re.match(r"\s*#: ?(.*)", entry.source.lines[above])):
                    text, above = f"{match[1]} {text}".strip(), above - 1
                if not text:
                    self.undocumented.append(f"{entry.name}.{member.target.id}")
                rows.append((member.target.id, entry.source.segment(member.annotation), text))
        return rows

    def signature(self, source: Source, function: ast.FunctionDef, name: str, returns: bool = True) -> str:
        a = function.args
        parameters: list[str] = []

        def add(argument: ast.arg, default: ast.expr | None, stars: str = "") -> None:
            text = stars + argument.arg + (f": {source.segment(argument.annotation)}" if argument.annotation else "")
            if default is not None:
                text += f" = {self.value(source, default)}" if argument.annotation else f"={self.value(source, default)}"
            parameters.append(text)

        positional = [*a.posonlyargs, *a.args]
        defaults = [None] * (len(positional) - len(a.defaults)) + list(a.defaults)
        for i, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
            if i == 0 and argument.arg in ("self", "cls"):
                continue
            add(argument, default)
        if a.vararg:
            add(a.vararg, None, "*")
        elif a.kwonlyargs:
            parameters.append("*")
        for argument, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            add(argument, default)
        if a.kwarg:
            add(a.kwarg, None, "**")
        result = f" -> {source.segment(function.returns)}" if returns and function.returns else ""
        line = f"{name}({', '.join(parameters)}){result}"
        return line if len(line) <= WIDTH else f"{name}(\n" + "".join(f"    {p},\n" for p in parameters) + f"){result}"

    def value(self, source: Source, default: ast.expr) -> str:
        """A default as it is written; of a constant, its value."""
        if isinstance(default, ast.Name):
            return self.source(source.home(default.id)).constants[default.id]
        return source.segment(default)


def is_property(member: ast.FunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in member.decorator_list)


def code(text: str) -> str:
    return f"```python\n{text}\n```"


def in_table(text: str) -> str:
    return text.replace("|", r"\|")


class Anchors:
    """Of headings, in the order of the page, as GitHub makes them."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def __call__(self, heading: str) -> str:
        plain = re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-")
        self.seen[plain] = self.seen.get(plain, -1) + 1
        return f"{plain}-{self.seen[plain]}" if self.seen[plain] else plain


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")
    arguments = parser.parse_args()
    package = Package(ROOT / "python")
    page = package.page()
    for name in package.undocumented:
        print(f"{name} has no docstring", file=sys.stderr)
    if package.undocumented:
        return 1
    if arguments.check:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page:
            print(f"{PAGE} is stale; make it again: tools/make_api_reference.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
