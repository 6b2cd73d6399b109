"""The house rules that a machine can check: which arrows exist, what is loaded when, how large a module may be."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

PROJECT = Path(__file__).resolve().parents[1]
STUDIO = PROJECT / "studio"
ENGINE_LIBRARIES = {"torch", "diffusers", "transformers", "tokenizers", "safetensors", "accelerate", "scipy"}
MAX_LINES = 400

# Where an unforeseen exception is turned into something the user sees. Everywhere else it must travel on.
BOUNDARIES = {
    "studio/worker/loop.py",  # a job that fails is reported; the worker lives on
}


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement adds to a fresh interpreter."""
    report = "import sys, json; print(json.dumps([*sys.modules]))"
    return set(json.loads(python(f"{statement}\n{report}"))) - set(json.loads(python(report)))


def test_arrows_run_one_way() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_domain_names_only_the_standard_library() -> None:
    graph = grimp.build_graph("studio", include_external_packages=True, cache_dir=None)
    domain = {"studio.domain"} | graph.find_descendants("studio.domain")
    foreign = {
        f"{module} imports {imported}"
        for module in domain
        for imported in graph.find_modules_directly_imported_by(module)
        if imported not in domain and imported not in sys.stdlib_module_names
    }
    assert not foreign


def test_domain_loads_only_the_standard_library() -> None:
    modules = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((STUDIO / "domain").rglob("*.py"))
    ]
    assert modules
    roots = {name.partition(".")[0] for name in loaded_by(f"import {', '.join(modules)}")}
    assert roots - sys.stdlib_module_names == {"studio"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("studio.app", ENGINE_LIBRARIES - {"scipy"} | {"studio.engine"}),
        # `safelight --help` has to answer at once.
        ("studio.cli", ENGINE_LIBRARIES | {"studio.engine", "PySide6", "cv2", "numpy"}),
    ],
)
def test_the_window_side_loads_no_heavy_library(module: str, unwanted: set[str]) -> None:
    assert not unwanted & loaded_by(f"import {module}")


def sources() -> Iterator[Path]:
    """Our Python files, tests apart."""
    for folder in ("studio", "plugins", "packaging"):
        yield from sorted((PROJECT / folder).rglob("*.py"))


def test_modules_are_small() -> None:
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert not {name: length for name, length in lengths.items() if length > MAX_LINES}


def swallows_everything(node: ast.AST) -> bool:
    """Whether a node is `except:`, `except Exception` or the like, and does not end by raising again."""
    if not isinstance(node, ast.ExceptHandler) or isinstance(node.body[-1], ast.Raise):
        return False
    names = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"Exception"}
    return bool(names & {"Exception", "BaseException"})


def test_unforeseen_errors_are_caught_only_at_the_boundaries() -> None:
    swallowing = {
        path.relative_to(PROJECT).as_posix()
        for path in sources()
        if any(map(swallows_everything, ast.walk(ast.parse(path.read_text("utf-8")))))
    }
    assert swallowing == BOUNDARIES


# A path of one person's computer, or the address of a package registry: either would tie the project to a place.
LOCAL = re.compile(
    r"(?<![\w.~-])/(?:work|root|opt|home/\w+|Users/\w+)/|\b[A-Z]:\\Users\b"
    r"|\b(?:pypi|files\.pythonhosted|registry\.npmjs|download\.pytorch|deb\.debian|archive\.ubuntu)\.(?:org|com)\b"
)


def texts() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the project, with its content."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        path = PROJECT / name
        if name and path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", errors="replace")


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="not a checkout")
def test_nothing_is_tied_to_one_place() -> None:
    found = {f"{name}: {match.group()}" for name, text in texts() for match in LOCAL.finditer(text)}
    assert not found
