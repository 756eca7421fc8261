"""Entry point: finds the command, runs it, turns every failure into one sentence and an exit status."""

import os
import signal
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import NoReturn

# name -> (module of this folder, line in the help)
COMMANDS: dict[str, tuple[str, str]] = {
    "report": ("report", "Simulate and write the report: one self-contained page, with the results beside it."),
    "claims": ("claims", "A published statement, our computation, a verdict."),
    "chips": ("chips", "Accelerators: list, show, compare."),
    "models": ("models", "Model architectures: list, show."),
    "classify": ("classify", "Is this item controlled, for this buyer, on this date, and by how much?"),
    "rules": ("rules", "Export controls over time: timeline, matrix, diff, headroom, coverage."),
    "train": ("train", "Time, cost and energy of training a model on a chip."),
    "infer": ("infer", "Throughput, latency and cost of serving a model on a chip."),
    "estimate": ("estimate", "Many training or serving configurations at once, from a CSV file."),
    "accuracy": ("accuracy", "Error of the estimator against measured points."),
    "simulate": ("simulate", "Run one scenario of the world model."),
    "compare": ("compare", "Scenarios against each other, on the same draws."),
    "scenarios": ("scenarios", "The scenarios that come with leadtime, and checking your own."),
    "calibrate": ("calibrate", "Prior, evidence and posterior of every parameter."),
    "hindcast": ("hindcast", "Predict what came later from what was known by a date."),
    "sensitivity": ("sensitivity", "Which assumptions decide the answer."),
    "app": ("app", "The simulator in the browser."),
    "sources": ("sources", "Where a number comes from and what uses it."),
    "data": ("data", "Check the catalogue."),
}


def available() -> dict[str, tuple[str, str]]:
    """Return the commands of this installation."""
    return {name: entry for name, entry in COMMANDS.items() if find_spec(f"{__package__}.{entry[0]}")}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 our fault, 2 wrong input, 3 some rows of a batch failed."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"--help", "-h", "help"}:
        sys.stdout.write(_help())
        return 0 if arguments else 2
    if arguments[0] == "--version":
        import leadtime

        sys.stdout.write(f"leadtime {leadtime.__version__}\n")
        return 0

    from leadtime.interfaces.cli._show import fail, fail_unexpected, wants_json

    as_json = wants_json(arguments)
    name, rest = arguments[0], arguments[1:]
    if name not in available():
        near = get_close_matches(name, available(), n=1)
        hint = f"Did you mean {near[0]}?" if near else "`leadtime --help` lists the commands."
        return fail("usage", f"There is no command called {name[:60]!r}.", hint, as_json=as_json, exit_status=2)

    import typer
    from typer.main import get_command

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        command = get_command(import_module(f"{__package__}.{COMMANDS[name][0]}").app)
        status = command.main(args=rest, prog_name=f"leadtime {name}", standalone_mode=False)
    except typer.Exit as stop:
        if stop.exit_code == 130:  # how Typer passes on Ctrl-C
            return fail("interrupted", "Stopped.", "What was finished is kept.", as_json=as_json, exit_status=130)
        return stop.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return fail("interrupted", "Stopped.", "What was finished is kept.", as_json=as_json, exit_status=130)
    except typer.TyperException as error:
        message = error.format_message()
        if not message.strip() or type(error).__name__ == "NoArgsIsHelpError":
            return fail(
                "usage",
                f"`leadtime {name}` needs more.",
                f"See: leadtime {name} --help",
                as_json=as_json,
                exit_status=2,
            )
        return fail("usage", _sentence(message), f"See: leadtime {name} --help", as_json=as_json, exit_status=2)
    except BrokenPipeError:
        raise
    except Exception as error:  # every other failure leaves through one door
        return fail_unexpected(error, as_json=as_json)
    return status if isinstance(status, int) else 0


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _sentence(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."


def _help() -> str:
    commands = available()
    width = max(map(len, commands), default=0)
    lines = "\n".join(f"  {name:{width}}  {text}" for name, (_, text) in commands.items())
    return (
        "Usage: leadtime COMMAND [OPTIONS]\n\n"
        "AI compute under export controls: what chips, rules and progress do to who can train and who can deploy AI.\n\n"
        f"Commands:\n{lines}\n\n"
        "Every command takes --help and --json. `leadtime --version` shows the version.\n"
    )
