"""System libraries and programs that pip cannot bring: which are missing, and which Debian package has them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from shlex import join

from bootstrapping.host import Host, SetupError


class Kind(Enum):
    """What a need is; a missing library stops the program, a missing font or program only limits it."""

    LIBRARY = "library"
    PROGRAM = "program"
    FONT = "font"


@dataclass(frozen=True, slots=True)
class Need:
    """Something the system must have. `packages` are the Debian names that provide it, newest release first."""

    kind: Kind
    name: str
    packages: tuple[str, ...]


def library(soname: str, *packages: str) -> Need:
    """A shared library."""
    return Need(Kind.LIBRARY, soname, packages)


# What Qt needs to draw into memory; enough for `demo`, `generate` and most tests.
OFFSCREEN = (
    library("libGL.so.1", "libgl1"),
    library("libEGL.so.1", "libegl1"),
    library("libglib-2.0.so.0", "libglib2.0-0t64", "libglib2.0-0"),
    library("libdbus-1.so.3", "libdbus-1-3"),
    library("libfontconfig.so.1", "libfontconfig1"),
    library("libxkbcommon.so.0", "libxkbcommon0"),
    Need(Kind.FONT, "a font", ("fonts-dejavu-core",)),
)
# What Qt's window needs on top, under X11 (all but the last) or Wayland.
WINDOW = (
    library("libxcb-cursor.so.0", "libxcb-cursor0"),
    library("libxcb-icccm.so.4", "libxcb-icccm4"),
    library("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    library("libxcb-shape.so.0", "libxcb-shape0"),
    library("libxcb-xkb.so.1", "libxcb-xkb1"),
    library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    library("libwayland-cursor.so.0", "libwayland-cursor0"),
)
# What only adds something to the window: PortAudio plays the sound of clips.
EXTRAS = (library("libportaudio.so.2", "libportaudio2"),)
# What the end-to-end tests need to open and drive a window without a screen.
TESTING = (
    Need(Kind.PROGRAM, "Xvfb", ("xvfb",)),
    Need(Kind.PROGRAM, "xauth", ("xauth",)),
    Need(Kind.PROGRAM, "xdotool", ("xdotool",)),
)


def missing(host: Host, needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs this machine does not meet. Only Linux is asked: elsewhere the wheels bring everything."""
    if host.platform != "linux":
        return ()
    ldconfig = host.which("ldconfig") or "/sbin/ldconfig"
    known = {line.split()[0] for line in host.run([ldconfig, "-p"]).output.splitlines() if line.split()}

    def met(need: Need) -> bool:
        match need.kind:
            case Kind.LIBRARY:
                return need.name in known or host.loadable(need.name)
            case Kind.PROGRAM:
                return host.which(need.name) is not None
            case Kind.FONT:
                return host.has_font()

    return tuple(need for need in needs if not met(need))


def has_candidate(host: Host, package: str) -> bool:
    """Whether apt could install a package of this name."""
    answer = host.run(["apt-cache", "policy", package]).output
    return "Candidate:" in answer and "Candidate: (none)" not in answer


def packages_for(host: Host, needs: Iterable[Need]) -> tuple[str, ...]:
    """One Debian package per need: the first name this release knows, else the oldest name."""
    return tuple(
        next((name for name in need.packages if has_candidate(host, name)), need.packages[-1]) for need in needs
    )


def administrator(host: Host) -> tuple[str, ...] | None:
    """The prefix that runs a command as root without asking for a password; None when there is none."""
    if host.is_root:
        return ()
    if host.which("sudo") and host.run(["sudo", "-n", "true"]).code == 0:
        return ("sudo", "-n")
    return None


def install_command(packages: Sequence[str]) -> str:
    """The one command a person can paste."""
    return join(["sudo", "apt-get", "install", "-y", *packages])


def apt_install(host: Host, packages: Sequence[str]) -> bool:
    """Install Debian packages where that is allowed; False when it is not. Raises SetupError when apt fails."""
    prefix = administrator(host)
    if prefix is None:
        return False
    host.say("Installing system packages: " + " ".join(packages))
    # Another apt may be running (a fresh Ubuntu updates itself for minutes): wait for its lock.
    apt = (*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120", "-y")
    done = host.run([*apt, "install", "--no-install-recommends", *packages])
    if done.code != 0:
        host.run([*apt, "update"])
        done = host.run([*apt, "install", "--no-install-recommends", *packages])
    if done.code != 0:
        raise SetupError(
            f"The system packages {' '.join(packages)} could not be installed; apt-get said: "
            f"{' '.join(done.output.splitlines()[-3:])} — run `{install_command(packages)}` yourself, "
            "then start this command again."
        )
    return True


def ensure_system(host: Host, needs: Iterable[Need]) -> None:
    """Install what is missing. Raises SetupError with the one command to run when that is not allowed."""
    lacking = missing(host, needs)
    if not lacking:
        return
    names = ", ".join(need.name for need in lacking)
    if host.which("apt-get") is None:
        host.say(f"This system seems to lack {names}; if the start fails, install the packages that provide them.")
        return
    if host.is_root and not all(any(has_candidate(host, name) for name in need.packages) for need in lacking):
        host.run(["apt-get", "update"])  # a bare container has no package lists, so no name could be chosen
    packages = packages_for(host, lacking)
    if apt_install(host, packages):
        return
    if any(need.kind is Kind.LIBRARY for need in lacking):
        raise SetupError(
            f"Safelight needs system libraries that are missing here ({names}). Install them with "
            f"`{install_command(packages)}`, then run the same command again."
        )
    host.say(f"Missing, but not essential: {names}. To install: {install_command(packages)}")


def offer_system(host: Host, needs: Iterable[Need]) -> None:
    """Install what only adds something where that is allowed, and otherwise name the command. Nothing here stops a
    start, so a machine without a network is none the worse for it.
    """
    lacking = missing(host, needs)
    if not lacking:
        return
    names, advice = ", ".join(need.name for need in lacking), ""
    if host.which("apt-get"):
        packages = packages_for(host, lacking)
        try:
            if apt_install(host, packages):
                return
        except SetupError:
            pass  # the sentence below says all there is to do
        advice = f" To install: {install_command(packages)}"
    host.say(f"Without {names} clips play without sound; all else works.{advice}")
