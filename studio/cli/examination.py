"""`safelight doctor`."""

import dataclasses

from rich.console import Console
from rich.text import Text

from studio.cli.generation import open_headless
from studio.cli.interrupts import cancelling
from studio.cli.program import Program, harmless, print_json
from studio.domain.messages import Ready
from studio.session.doctor import Check, State, examine
from studio.session.headless import Headless
from studio.ui.display import require_display

ENGINE_SECONDS = 120.0  # a cold disk may need a minute to load torch
_STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def doctor(program: Program, as_json: bool) -> int:
    """Carry out the command: 0 when nothing is broken, else 1."""
    headless = open_headless(program, "")
    console = Console(soft_wrap=True)
    checks = []
    for check in examine(headless.studio.paths, headless.studio.library, lambda: _engine_of(headless), require_display):
        checks.append(check)
        if not as_json:
            _print(console, check)
    broken = any(check.state is State.FAIL for check in checks)
    if as_json:
        print_json({"ok": not broken, "checks": [dataclasses.asdict(check) for check in checks]})
    return 1 if broken else 0


def _engine_of(headless: Headless) -> Ready:
    def stop() -> None:
        raise KeyboardInterrupt

    with cancelling(stop), headless:
        return headless.engine(ENGINE_SECONDS)


def _print(console: Console, check: Check) -> None:
    found = harmless(check.found)
    line = Text.assemble((f"{check.state.value:<5}", _STYLES[check.state]), f"{check.name + ':':<17}{found}")
    console.print(line, highlight=False)
    if check.advice:
        console.print(Text(harmless(f"      → {check.advice}")), highlight=False)
