"""Reads the house from its source: modules, what they import, and what they speak of. Nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Module:
    name: str
    tree: ast.Module

    def is_in(self, *names: str) -> bool:
        return any(self.name == name or self.name.startswith(f"{name}.") for name in names)

    def imports(self) -> Iterator[str]:
        """Every module or name imported anywhere in it, inside functions too, as an absolute name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = self.name.split(".")[: -node.level] if node.level else []
                stem = ".".join([*package, node.module] if node.module else package)
                yield from (f"{stem}.{alias.name}" for alias in node.names)

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))


def module(name: str, source: str) -> Module:
    return Module(name, ast.parse(source))


def read_all() -> list[Module]:
    paths = sorted([*(BASE / "leads").rglob("*.py"), *(BASE / "leadportal").glob("*.py")])
    # A package keeps its "__init__", so that what it imports relatively counts from the package.
    return [module(".".join(path.relative_to(BASE).with_suffix("").parts), path.read_text()) for path in paths]


def called(call: ast.Call) -> str:
    """The last word of what is called: ``save`` of ``row.save()``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def spoken_names(tree: ast.AST) -> set[str]:
    """Every plain name, attribute and imported name in it."""
    return {
        word
        for node in ast.walk(tree)
        for word in (
            [node.id]
            if isinstance(node, ast.Name)
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else [alias.name.rpartition(".")[2] for alias in node.names]
            if isinstance(node, (ast.Import, ast.ImportFrom))
            else []
        )
    }
