"""The bootstrap against a pretended machine: every command it would run is recorded, none is run."""

import ast
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import bootstrap
from bootstrapping.commands import Launch, main
from bootstrapping.environment import Environment, Plan, explain, plan
from bootstrapping.host import Finished, Host
from bootstrapping.host import run as real_run
from bootstrapping.lock import only_setup, try_lock
from bootstrapping.system import EXTRAS, OFFSCREEN, TESTING, WINDOW, Need

PROJECT = Path(__file__).resolve().parents[2]
ALL_LIBRARIES = tuple(need.name for need in OFFSCREEN + WINDOW + EXTRAS)
SCREEN = {"DISPLAY": ":0"}


@dataclass
class Machine:
    """A pretended computer with one checkout of the project on it."""

    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    platform: str = "linux"
    is_root: bool = False
    libraries: Sequence[str] = ALL_LIBRARIES
    programs: set[str] = field(default_factory=lambda: {need.name for need in TESTING} | {"apt-get"})
    modules: set[str] = field(default_factory=lambda: {"venv", "ensurepip"})
    known_packages: set[str] = field(default_factory=set)
    font: bool = True
    free: int = 100 << 30
    answer: Callable[[Sequence[str]], Finished | None] = lambda argv: None
    commands: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    launched: list[Launch] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, log: Path | None = None) -> Finished:
        self.commands.append(tuple(argv))
        if (special := self.answer(argv)) is not None:
            return special
        if argv[-1] == "-p":
            return Finished(0, "".join(f"\t{name} (libc6) => somewhere\n" for name in self.libraries))
        if argv[0] == "apt-cache":
            return Finished(0, "Candidate: 1.0" if argv[2] in self.known_packages else "")
        if "--clear" in argv:
            python = Environment(self.root, self.platform).python
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return Finished(1 if argv[0] == "sudo" else 0)

    def __call__(self, *argv: str) -> int:
        host = Host(
            platform=self.platform,
            environ=self.environ,
            python=Path("python3"),
            is_root=self.is_root,
            run=self.run,
            which=lambda name: name if name in self.programs else None,
            loadable=lambda soname: False,
            has_module=lambda name: name in self.modules,
            has_font=lambda: self.font,
            free_bytes=lambda folder: self.free,
            say=self.said.append,
        )

        def start(launch: Launch) -> int:
            self.launched.append(launch)
            return 0

        return main(argv, host, self.root, start)

    @property
    def environment(self) -> Environment:
        return Environment(self.root, self.platform)

    def ran(self, *words: str) -> list[tuple[str, ...]]:
        """The recorded commands that contain all these words."""
        return [command for command in self.commands if set(words) <= set(command)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "packaging").mkdir()
    for name in ("pyproject.toml", "packaging/constraints.txt"):
        (tmp_path / name).write_bytes((PROJECT / name).read_bytes())
    return Machine(tmp_path)


# ---- Python itself


def test_bootstrap_parses_under_python_3_6() -> None:
    ast.parse(Path(bootstrap.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 6), False), ((3, 10), False), ((3, 11), True), ((3, 14), True), ((3, 15), False)]
)
def test_only_these_pythons_fit(version: tuple[int, int], fits: bool) -> None:
    assert bootstrap.is_supported(version) is fits


def test_an_old_python_is_told_what_to_install() -> None:
    message = bootstrap.refusal((3, 8, 10))
    assert "3.11 to 3.14" in message
    assert "this is Python 3.8.10" in message
    assert "apt-get install python3.12" in message


def test_bootstrap_and_package_agree_on_the_pythons_that_fit() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (major, oldest), (_, newest) = bootstrap.OLDEST, bootstrap.NEWEST
    assert project["requires-python"] == f">={major}.{oldest},<{major}.{newest + 1}"


def test_another_python_is_found_past_a_shim_that_does_not_run(tmp_path: Path) -> None:
    for name in ("python3.12", "python3.13"):
        (tmp_path / name).touch(mode=0o755)
    found = bootstrap.other_python([str(tmp_path)], version_of=lambda path: (3, 13) if path.endswith("13") else None)
    assert found == str(tmp_path / "python3.13")


def test_no_fitting_python_is_found(tmp_path: Path) -> None:
    (tmp_path / "python3").touch(mode=0o755)
    assert bootstrap.other_python([str(tmp_path)], version_of=lambda path: (3, 9)) is None


def test_the_version_of_something_that_is_no_python(tmp_path: Path) -> None:
    assert bootstrap.version_of(str(tmp_path / "absent")) is None
    assert bootstrap.version_of(sys.executable) == sys.version_info[:2]


# ---- the environment


def test_the_first_setup_makes_everything(machine: Machine) -> None:
    assert machine("setup") == 0
    assert machine.ran("venv", "--clear")
    torch, others = machine.ran("pip", "install")
    assert torch[-1].startswith("torch==")
    assert others[-2:] == ("--editable", str(machine.root))
    assert plan(machine.environment, dev=False) is Plan.NOTHING


def test_the_second_run_starts_nothing_but_the_studio(machine: Machine) -> None:
    machine("setup")
    machine.commands.clear()
    assert machine("run", "--seed", "7") == 0
    assert machine.ran("pip") == machine.ran("venv") == []
    assert len(machine.commands) == 1  # the question for system libraries
    assert machine.launched[0].argv[1:] == ("-m", "studio", "--seed", "7")


def test_tests_need_more_packages_than_the_studio(machine: Machine) -> None:
    machine("setup")
    assert plan(machine.environment, dev=True) is Plan.INSTALL
    assert machine("test", "-x") == 0
    assert machine.commands[-1][-1] == f"{machine.root}[dev]"
    assert machine.launched[0].argv[1:] == ("-m", "pytest", "-x")
    assert machine.launched[0].folder == machine.root
    assert plan(machine.environment, dev=False) is Plan.NOTHING


def test_the_whole_suite_runs_in_several_processes_of_one_thread(machine: Machine) -> None:
    assert machine("test") == 0
    launch = machine.launched[0]
    assert launch.argv[3] == "-n" and 1 <= int(launch.argv[4]) <= 4
    assert launch.argv[5:] == ("--dist", "loadfile", "--no-loadscope-reorder")
    assert launch.environ["OMP_NUM_THREADS"] == "1"


def test_new_requirements_are_installed_and_developers_keep_their_tools(machine: Machine) -> None:
    machine("test")
    with (machine.root / "packaging" / "constraints.txt").open("a") as file:
        file.write("something==2\n")
    machine.commands.clear()
    assert machine("run") == 0
    assert not machine.ran("venv")
    assert machine.commands[-1][-1] == f"{machine.root}[dev]"


def test_a_setup_that_was_killed_is_built_anew(machine: Machine) -> None:
    def killed_while_installing(argv: Sequence[str]) -> Finished | None:
        if "--editable" in argv:
            raise KeyboardInterrupt
        return None

    machine.answer = killed_while_installing
    assert machine("run") == 130
    assert machine.launched == []

    machine.answer = lambda argv: None
    machine.commands.clear()
    assert machine("run") == 0
    assert machine.ran("venv", "--clear")
    assert len(machine.ran("pip", "install")) == 2
    assert machine.launched


def test_a_download_that_failed_is_taken_up_again_without_building_anew(machine: Machine) -> None:
    machine.answer = lambda argv: Finished(1, "Temporary failure in name resolution") if "install" in argv else None
    assert machine("run") == 1
    assert "could not reach its package index" in machine.said[-1]

    machine.answer = lambda argv: None
    machine.commands.clear()
    assert machine("run") == 0
    assert not machine.ran("venv", "--clear")


def test_an_environment_without_pip_is_built_anew(machine: Machine) -> None:
    machine.environment.python.parent.mkdir(parents=True)
    machine.environment.python.touch()
    machine.answer = lambda argv: Finished(1, "No module named pip") if argv[-1] == "--version" else None
    assert machine("setup") == 0
    assert machine.ran("venv", "--clear")


def test_a_moved_folder_is_built_anew(machine: Machine, tmp_path: Path) -> None:
    machine("setup")
    moved = tmp_path.with_name(tmp_path.name + " moved here")
    tmp_path.rename(moved)
    assert plan(Environment(moved, "linux"), dev=False) is Plan.REBUILD


def test_an_unreadable_stamp_means_installing_again(machine: Machine) -> None:
    machine("setup")
    machine.environment.stamp_file.write_text('{"interpreter": 3', encoding="utf-8")
    assert plan(machine.environment, dev=False) is Plan.INSTALL


def test_windows_keeps_its_layout_and_is_not_asked_for_libraries(machine: Machine) -> None:
    machine.platform = "win32"
    machine.libraries = ()
    assert machine("run") == 0
    assert machine.launched[0].argv == (str(machine.root / ".venv" / "Scripts" / "python.exe"), "-m", "studio")


def test_too_little_room_is_said_before_anything_is_begun(machine: Machine) -> None:
    machine.free = 1 << 30
    assert machine("setup") == 1
    assert "only 1.0 GB are free" in machine.said[-1]
    assert not machine.ran("pip")


def test_without_ensurepip_virtualenv_is_taken(machine: Machine) -> None:
    machine.modules = {"venv", "virtualenv"}
    assert machine("setup") == 0
    assert machine.ran("-m", "virtualenv", "--clear")


def test_without_ensurepip_root_installs_it(machine: Machine) -> None:
    machine.modules, machine.is_root = {"venv"}, True
    assert machine("setup") == 0
    package = f"python3.{sys.version_info.minor}-venv"
    assert machine.ran("apt-get", "install", package)
    assert machine.commands.index(machine.ran(package)[0]) < machine.commands.index(machine.ran("--clear")[0])


def test_without_ensurepip_a_user_is_told_the_command(machine: Machine) -> None:
    machine.modules = {"venv"}
    assert machine("setup") == 1
    assert f"`sudo apt-get install -y python3.{sys.version_info.minor}-venv`" in machine.said[-1]


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "The disk is full"),
        ("ProxyError('Cannot connect to proxy.')", "could not reach its package index"),
        ("ERROR: No matching distribution found for torch==2.13.0", "found no fitting package"),
        ("ERROR: something else", "Run the same command again"),
    ],
)
def test_failures_of_pip_are_explained(output: str, advice: str) -> None:
    assert advice in explain(output)


# ---- system libraries


def lacking(*needs: Need) -> tuple[str, ...]:
    return tuple(name for name in ALL_LIBRARIES if name not in {need.name for need in needs})


GLIB = next(need for need in OFFSCREEN if need.name.startswith("libglib"))
CURSOR = next(need for need in WINDOW if "cursor" in need.name)


def test_a_user_is_told_the_one_command(machine: Machine) -> None:
    machine.environ, machine.libraries = SCREEN, lacking(GLIB, CURSOR)
    machine.known_packages = {"libglib2.0-0", "libxcb-cursor0"}
    assert machine("run") == 1
    assert "`sudo apt-get install -y libglib2.0-0 libxcb-cursor0`" in machine.said[-1]
    assert not machine.ran("install")


def test_root_installs_under_the_names_of_this_release(machine: Machine) -> None:
    machine.is_root, machine.libraries = True, lacking(GLIB)
    machine.known_packages = {"libglib2.0-0t64", "libglib2.0-0"}
    assert machine("setup") == 0
    assert machine.ran("apt-get", "install", "libglib2.0-0t64")
    assert not machine.ran("apt-get", "update")


def test_a_bare_container_fetches_the_package_lists_first(machine: Machine) -> None:
    machine.is_root, machine.libraries = True, lacking(GLIB)
    assert machine("setup") == 0
    assert machine.commands.index(machine.ran("apt-get", "update")[0]) < machine.commands.index(
        machine.ran("apt-get", "install")[0]
    )


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    machine.programs.add("sudo")
    machine.libraries, machine.known_packages = lacking(GLIB), {"libglib2.0-0"}
    machine.answer = lambda argv: Finished(0) if argv[0] == "sudo" else None
    assert machine("setup") == 0
    assert machine.ran("sudo", "-n", "apt-get", "install", "libglib2.0-0")


def test_apt_that_fails_is_quoted(machine: Machine) -> None:
    machine.is_root, machine.libraries, machine.known_packages = True, lacking(GLIB), {"libglib2.0-0"}
    machine.answer = lambda argv: Finished(100, "E: Unable to fetch some archives") if "install" in argv else None
    assert machine("setup") == 1
    assert "Unable to fetch some archives" in machine.said[-1]
    assert not machine.ran("pip")


def test_window_libraries_are_not_asked_for_without_a_display(machine: Machine) -> None:
    machine.libraries = lacking(CURSOR)
    assert machine("run") == 0


def test_a_missing_font_does_not_stop_the_start(machine: Machine) -> None:
    machine.font = False
    assert machine("run") == 0
    assert any("fonts-dejavu-core" in text for text in machine.said)


def test_sound_is_set_up_with_the_window_and_only_then(machine: Machine) -> None:
    machine.environ, machine.libraries, machine.is_root = SCREEN, lacking(*EXTRAS), True
    assert machine("run") == 0
    assert machine.ran("apt-get", "install", "libportaudio2")
    machine.commands.clear()
    assert machine("run") == 0
    assert not machine.ran("apt-get")  # once is enough: it may be missing on purpose


def test_sound_that_cannot_be_installed_stops_nothing(machine: Machine) -> None:
    machine.environ, machine.libraries, machine.is_root = SCREEN, lacking(*EXTRAS), True
    machine.answer = lambda argv: Finished(100, "E: Unable to fetch some archives") if "apt-get" in argv else None
    assert machine("run") == 0
    assert any("sudo apt-get install -y libportaudio2" in text for text in machine.said)
    assert machine.launched


def test_the_demo_needs_no_sound(machine: Machine) -> None:
    machine.libraries, machine.is_root = lacking(*EXTRAS), True
    assert machine("run") == 0
    assert not machine.ran("apt-get")


def test_other_linuxes_get_a_hint_and_a_try(machine: Machine) -> None:
    machine.programs.discard("apt-get")
    machine.libraries = lacking(GLIB)
    assert machine("run") == 0
    assert any("libglib-2.0.so.0" in text for text in machine.said)


# ---- what is started


def test_without_a_display_the_demo_is_rendered(machine: Machine) -> None:
    assert machine("run") == 0
    assert machine.launched[0].argv[1:] == ("-m", "studio", "demo")
    assert machine.launched[0].environ["QT_QPA_PLATFORM"] == "offscreen"


@pytest.mark.parametrize("display", [SCREEN, {"WAYLAND_DISPLAY": "wayland-0"}])
def test_with_a_display_the_window_opens(machine: Machine, display: dict[str, str]) -> None:
    machine.environ = display
    assert machine("run") == 0
    assert machine.launched[0].argv[1:] == ("-m", "studio")
    assert "QT_QPA_PLATFORM" not in machine.launched[0].environ


def test_the_tests_open_no_window_on_a_developers_screen(machine: Machine) -> None:
    machine.environ = SCREEN
    assert machine("test") == 0
    assert machine.launched[0].environ["QT_QPA_PLATFORM"] == "offscreen"


def test_openmp_does_not_spin_unless_the_user_wants_it(machine: Machine) -> None:
    machine("run")
    machine.environ = {"OMP_WAIT_POLICY": "ACTIVE"}
    machine("run")
    assert [launch.environ["OMP_WAIT_POLICY"] for launch in machine.launched] == ["PASSIVE", "ACTIVE"]


@pytest.mark.parametrize("argv", [(), ("dance",), ("setup", "--fast")])
def test_anything_else_gets_the_usage(machine: Machine, argv: tuple[str, ...]) -> None:
    assert machine(*argv) == 2
    assert machine.said[-1].startswith("usage:")
    assert machine.commands == []


def test_doctor_changes_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.libraries = lacking(GLIB)
    before = sorted(machine.root.rglob("*"))
    assert machine("doctor") == 1
    assert sorted(machine.root.rglob("*")) == before
    printed = capsys.readouterr().out
    assert "needs setup" in printed
    assert "sudo apt-get install -y libglib2.0-0" in printed


# ---- the lock


def test_a_second_setup_waits_for_the_first(tmp_path: Path) -> None:
    waiting, entered = threading.Event(), threading.Event()
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        waiting.set()

    def second() -> None:
        with only_setup(tmp_path / "lock", tell):
            entered.set()

    thread = threading.Thread(target=second)
    with only_setup(tmp_path / "lock", said.append):
        thread.start()
        assert waiting.wait(30)
        assert not entered.is_set()
    thread.join(30)
    assert entered.is_set()
    assert "waiting" in said[0]


def test_the_lock_of_a_killed_process_is_free_and_tells_of_it(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from bootstrapping.lock import only_setup\n"
        "with only_setup(pathlib.Path(sys.argv[1]), print) as setup:\n"
        "    setup.begin()\n"
        "    os._exit(9)\n"
    )
    lock = tmp_path / "lock"
    killed = subprocess.run([sys.executable, "-c", code, str(lock)], cwd=PROJECT / "packaging", check=False)
    assert killed.returncode == 9
    with only_setup(lock, pytest.fail) as setup:
        assert setup.was_cut_off
        setup.end()
    with only_setup(lock, pytest.fail) as setup:
        assert not setup.was_cut_off


@pytest.mark.skipif(sys.platform == "win32", reason="needs a named pipe in the file system")
def test_the_lock_stays_taken_while_pip_outlives_a_killed_bootstrap(tmp_path: Path) -> None:
    lock, pipe = tmp_path / "lock", tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        "import pathlib, sys\n"
        "from bootstrapping.host import run\n"
        "from bootstrapping.lock import only_setup\n"
        "with only_setup(pathlib.Path(sys.argv[1]), print):\n"
        "    run([sys.executable, '-c', 'import sys; open(sys.argv[1]).read()', sys.argv[2]])\n"
    )
    killed = subprocess.Popen([sys.executable, "-c", code, str(lock), str(pipe)], cwd=PROJECT / "packaging")
    with pipe.open("w"):  # opens once the grandchild, our "pip", reads from it; closing ends the grandchild
        killed.kill()
        killed.wait(30)
        with lock.open("r+b") as file:
            assert not try_lock(file)
    with only_setup(lock, lambda text: None):
        pass


# ---- the one part that really runs commands


def test_a_command_is_run_logged_and_its_end_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)"
    done = real_run([sys.executable, "-u", "-c", code], log=log)
    assert done == Finished(3, "one\ntwo\n")
    assert log.read_text() == done.output


def test_a_command_that_does_not_exist_has_the_shells_exit_code(tmp_path: Path) -> None:
    assert real_run([str(tmp_path / "absent")]).code == 127
