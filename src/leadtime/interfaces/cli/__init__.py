"""The command line: `leadtime COMMAND`.

Each command is a module of this folder with a Typer application called ``app``; it is imported when it is asked for, so
that ``leadtime --help`` loads nothing heavy. ``COMMANDS`` lists them with the line that the help shows.
"""

from leadtime.interfaces.cli._main import main

__all__ = ["main"]
