"""`safelight` alone: the window, where there is a screen."""

from studio.ui.display import require_display


def open_window(arguments: list[str]) -> int:
    """Open the window with the given files and options, and return its exit code when it is closed.

    Raises StudioError (ENVIRONMENT) when there is no screen.
    """
    require_display()
    from studio.app import main  # loads Qt, which ends the process where there is no screen

    return main(arguments)
