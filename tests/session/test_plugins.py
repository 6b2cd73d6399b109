"""Captioners: file names, plugins in files and folders, those that are installed, and those that do not work."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from studio.domain.errors import ErrorKind, StudioError
from studio.resources import plugins as shipped
from studio.session import plugins
from studio.session.captioners import Captioner, FileNames, captioners, plugin_folders
from studio.session.paths import Paths

PLAIN = '"""Says one thing."""\ntitle = "Plain"\n\n\ndef caption(path):\n    return f" a  {path.stem}\\n"\n'


@pytest.mark.parametrize(
    ("name", "caption"),
    [("red_fox-03.jpg", "red fox"), ("IMG 7 (2).png", "IMG"), ("007.png", "007"), ("café.au.lait.png", "café au lait")],
)
def test_file_names_become_captions(name: str, caption: str) -> None:
    assert FileNames().caption(Path(name)) == caption


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def only(folder: Path) -> plugins.Plugin:
    (found,) = plugins.load((folder,))
    return found


def test_a_file_is_a_plugin(tmp_path: Path) -> None:
    file = write(tmp_path, "my-words.py", PLAIN)
    found = only(tmp_path)
    assert (found.name, found.path, found.title, found.about) == ("my-words", file, "Plain", "Says one thing.")
    names, made = captioners((tmp_path,))[0]
    assert isinstance(names, FileNames) and isinstance(made, Captioner)
    assert (made.title, made.caption(Path("cat.png"))) == ("Plain", "a cat"), "one line, without needless blanks"


def test_a_folder_is_a_plugin_whose_files_import_each_other(tmp_path: Path) -> None:
    write(tmp_path, "two/__init__.py", "from .words import WORD\n" + PLAIN.replace("a  ", "{WORD} "))
    write(tmp_path, "two/words.py", "WORD = 'big'\n")
    (_, made), problems = captioners((tmp_path,))
    assert not problems and made.caption(Path("cat.png")) == "big cat"


def test_what_is_no_plugin_is_passed_over(tmp_path: Path) -> None:
    for name in ("_hidden.py", ".dot.py", "notes.txt", "folder/notes.py", "__pycache__/a.py"):
        write(tmp_path, name, "raise ValueError")
    (tmp_path / "odd.py").mkdir()
    assert plugins.load((tmp_path, tmp_path / "nowhere")) == ()


def test_a_users_plugin_takes_the_place_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "ours", "plain.py", PLAIN)
    own = write(tmp_path / "own", "plain.py", PLAIN.replace("Plain", "Mine"))
    (found,) = plugins.load((tmp_path / "ours", tmp_path / "own"))
    assert (found.path, found.title) == (own, "Mine")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("x = 1\n\n1 / 0", "ZeroDivisionError: division by zero (bad.py, line 3)"),
        ("x = 1\ndef broken(:", "(bad.py, line 2)"),
        ("import sys\nsys.exit(3)", "SystemExit: 3 (bad.py, line 2)"),
        ("title = 3\ndef caption(path): pass", "no text “title”"),
        ("title = 'A'", "no function “caption”"),
        ("", "no text “title”"),
    ],
)
def test_a_broken_plugin_is_told_with_its_place_and_the_others_work(tmp_path: Path, text: str, says: str) -> None:
    bad = write(tmp_path, "bad.py", text)
    write(tmp_path, "good.py", PLAIN)
    found, problems = captioners((tmp_path,))
    assert [captioner.title for captioner in found] == ["File names", "Plain"]
    (problem,) = problems
    assert problem.kind is ErrorKind.ENVIRONMENT and "“bad”" in problem.message and says in problem.message
    assert str(bad) in problem.hint
    assert not [name for name in sys.modules if "_plugin_bad" in name], "nothing of it is left behind"


def test_a_fault_deep_in_a_folder_names_its_own_file(tmp_path: Path) -> None:
    write(tmp_path, "two/__init__.py", "from .words import caption\ntitle = 'Two'\n")
    write(tmp_path, "two/words.py", "import json\n\n\ndef caption(path):\n    return json.loads('{')\n")
    (_, made), _ = captioners((tmp_path,))
    with pytest.raises(StudioError, match=r"JSONDecodeError: .* \(words\.py, line 5\)"):
        made.caption(Path("cat.png"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise RuntimeError('too dark')", r"RuntimeError: too dark \(odd\.py, line 2\)"),
        ("exit()", "SystemExit"),
        ("return None", "is a NoneType, not a text"),
        ("return b'cat'", "is a bytes, not a text"),
    ],
)
def test_what_a_caption_raises_is_a_problem_of_one_picture(tmp_path: Path, body: str, says: str) -> None:
    write(tmp_path, "odd.py", f"def caption(path):\n    {body}\n\n\ntitle = 'Odd'\n")
    (_, made), problems = captioners((tmp_path,))
    assert not problems
    with pytest.raises(StudioError, match=says) as error:
        made.caption(Path("cat.png"))
    assert error.value.problem.kind is ErrorKind.ENVIRONMENT and error.value.problem.hint


class _Point:
    def __init__(self, name: str, made: object) -> None:
        self.name, self._made = name, made

    def load(self) -> object:
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


def test_installed_packages_caption_too_and_a_bad_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        _Point("good", FileNames),
        _Point("bad", object),
        _Point("gone", ImportError("no such module")),
        _Point("odd", KeyError("x")),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    found, wrong = captioners(())
    assert [captioner.title for captioner in found] == ["File names", "File names"]
    assert [name in str(one) for name, one in zip(("bad", "no such module", "KeyError"), wrong, strict=True)] == [
        True
    ] * 3


def test_the_users_folder_comes_last(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "data", tmp_path / "config", tmp_path / "pictures")
    assert plugin_folders(paths) == (shipped(), tmp_path / "data" / "plugins")


# ------------------------------------------------------------------------------------------------ shipped


def colours(path: Path) -> str:
    made = next(one for one in captioners((shipped(),))[0] if one.title == "Colours and brightness")
    return made.caption(path)


def test_all_shipped_plugins_work() -> None:
    found = plugins.load((shipped(),))
    assert found and not [plugin.problem for plugin in found if plugin.problem]
    assert all(plugin.about for plugin in found)


@pytest.mark.parametrize(
    ("colour", "says"),
    [
        ("#ffffff", "a bright picture, mostly white"),
        ("#000000", "a dark picture, mostly black"),
        ("#808080", "a softly lit picture, mostly grey"),
        ("#e02020", "mostly red"),
        ("#ff8c00", "mostly orange"),
        ("#7a5230", "mostly brown"),
        ("#ffe000", "mostly yellow"),
        ("#208030", "mostly green"),
        ("#40e0d0", "mostly turquoise"),
        ("#2040e0", "mostly blue"),
        ("#8020c0", "mostly purple"),
        ("#ff69b4", "mostly pink"),
    ],
)
def test_colours_are_named(tmp_path: Path, colour: str, says: str) -> None:
    Image.new("RGB", (60, 40), colour).save(tmp_path / "a.png")
    assert says in colours(tmp_path / "a.png")


def test_the_commonest_colour_comes_first_and_what_is_clear_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    picture.paste((32, 64, 224, 255), (0, 0, 60, 20))
    picture.paste((224, 32, 32, 255), (0, 20, 5, 25))
    picture.save(tmp_path / "a.png")
    assert colours(tmp_path / "a.png") == "a bright picture, mostly white, with blue"
    (tmp_path / "b.png").write_bytes(b"nothing")
    with pytest.raises(StudioError, match="cannot identify"):
        colours(tmp_path / "b.png")
