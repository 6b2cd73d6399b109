"""What is said about the project in its packaging files is true and agrees."""

import configparser
import mimetypes
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import studio
from studio import resources
from studio.ui import dropping

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = [Requirement(line) for line in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
METAINFO = ROOT / "packaging" / "io.github.safelight.Safelight.metainfo.xml"


def pins() -> dict[str, str]:
    """The exact versions in constraints.txt."""
    text = (ROOT / "packaging" / "constraints.txt").read_text("utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.M)}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    assert pins()[canonicalize_name(requirement.name)] in requirement.specifier


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_every_dependency_has_its_licence_listed(requirement: Requirement) -> None:
    text = (ROOT / "resources" / "licences" / "THIRD_PARTY.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.startswith("| ")]
    listed = {row[1].split(" ")[0]: row[2:4] for row in rows if len(row) > 4}
    version, licence = listed[requirement.name]
    assert Requirement(f"x{version}").specifier == requirement.specifier
    assert licence


def test_constraints_hold_public_versions_only() -> None:
    assert not [version for version in pins().values() if "+" in version]


def test_our_packaging_folder_does_not_hide_the_library_of_that_name() -> None:
    # As a package, our folder `packaging` would be found first and break every user of the library.
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_shipped_files_are_found() -> None:
    assert (resources.resources() / "licences" / "THIRD_PARTY.md").is_file()
    assert resources.plugins().is_dir()


def test_desktop_entry_and_metainfo_agree() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / "packaging" / "safelight.desktop", encoding="utf-8")
    component = ElementTree.parse(METAINFO).getroot()
    assert component.findtext("launchable") == "safelight.desktop"
    assert component.findtext("name") == entry["Desktop Entry"]["Name"]
    program, files = entry["Desktop Entry"]["Exec"].split()
    assert component.findtext("provides/binary") == program
    assert program in PROJECT["scripts"]
    assert files == "%F"
    assert METAINFO.name == f"{component.findtext('id')}.metainfo.xml"


def test_what_the_desktop_hands_over_is_what_the_window_opens() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / "packaging" / "safelight.desktop", encoding="utf-8")
    namespace = {"mime": "http://www.freedesktop.org/standards/shared-mime-info"}
    own = ElementTree.parse(METAINFO.with_name("io.github.safelight.Safelight.xml")).getroot()
    kinds = {
        kind.get("type"): str(glob.get("pattern"))
        for kind in own.iterfind("mime:mime-type", namespace)
        for glob in kind.iterfind("mime:glob", namespace)
    }
    types = entry["Desktop Entry"]["MimeType"].rstrip(";").split(";")
    known = {*dropping.PICTURES, *dropping.CLIPS, dropping.PROJECT}
    for name in types:
        suffixes = {kinds[name][1:]} if name in kinds else {*mimetypes.guess_all_extensions(name)}
        assert suffixes & known or not suffixes, name  # of some, Python knows no suffix
    assert set(kinds) < set(types)
    assert len(types) == len(set(types))


def test_metainfo_knows_this_version() -> None:
    releases = ElementTree.parse(METAINFO).getroot().iterfind("releases/release")
    assert studio.__version__ in {release.get("version") for release in releases}
