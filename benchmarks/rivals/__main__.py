"""``python -m benchmarks.rivals [setup [NAME ...]]``: which rivals are installed, or install them."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.rivals._environments import RIVALS, install, interpreter, setup_command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("list", "setup"), default="list")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RIVALS)}; default all")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(RIVALS))
    if unknown:
        parser.error(f"no rival is called {', '.join(unknown)}; there are {', '.join(RIVALS)}")
    failed = 0
    for name in asked.names or RIVALS:
        rival = RIVALS[name]
        if asked.command == "setup":
            print(f"{name} {rival.version}: installing", flush=True)
            try:
                install(rival)
            except subprocess.CalledProcessError as error:
                print(f"{name}: the installer ended with status {error.returncode}", file=sys.stderr)
                failed += 1
        here = "installed" if interpreter(name) else f"not installed; run: {setup_command(name)}"
        print(f"{name} {rival.version} ({rival.what}): {here}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
