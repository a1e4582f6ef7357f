"""`make docs`: docs/commands.md, the help of every command and what its exit code means."""

import sys
from pathlib import Path
from typing import Any

from nija_plugins.cli import COMMANDS, loaded

PAGE = Path("docs/commands.md")
WIDTH = 96
"""Characters a line, whatever the terminal."""

HEAD = """# Commands

Written by `make docs` from the commands themselves; `make test` fails when it is out of date.

`nija COMMAND --help` shows the same. freqtrade's own commands are in
[its documentation](https://www.freqtrade.io/en/stable/). Run both from the repository's folder,
with the environment active (`. .venv/bin/activate`).

**Completion of commands and options by Tab**: `nija --install-completion`, once; then open a new
terminal. `nija --show-completion` only prints what that would install. bash, zsh, fish, PowerShell.

## Exit codes

| code | means |
|---|---|
| 0 | done; also when the answer is "no entry" or "nothing is locked" |
| 1 | the answer is no, or it failed: see the table below |
| 2 | an unknown option, a wrong value, setting, plugin or file: stderr says which |
| 130 | ended by Ctrl-C: what was finished is kept, and `sweep` and `replay` tell it |

| command | 1 means |
|---|---|
| `nija doctor` | something has to be mended |
| `nija limits` | a limit was broken without a gap, or `--data` holds no candles |
| `nija copy --check` | a bot cannot lead or follow |
| `nija simulate` | too few trades to tell any odds |
| `nija sweep` | a backtest failed, the cluster is not there, or the results cannot be written |
| `nija hyperopt` | the cluster is not there, or freqtrade's own 1 |
| `nija unlock` | you answered no |
| `nija demo` | a backtest failed, or the port is in use |
| `nija offline` | the port is in use, `--candles` holds none, or freqtrade's own 1 |
| any | an error that nobody foresaw, with a traceback |

`nija offline` and `nija hyperopt` end with freqtrade's own code, and with 128 + n where signal n
killed it. `nija trade`, `nija copy` and `nija offline` run until Ctrl-C, and end in their own way.
Tables and answers go to stdout, problems and progress to stderr; colours only to a terminal
(`NO_COLOR=1`: never). With `--json` stdout is one JSON value and nothing else (`nija copy`: a line
each event).
"""


def page() -> str:
    """The whole page."""
    sections = [f"## nija {name}\n\n```\n{described(name)}\n```\n" for name in COMMANDS]
    return "\n".join((HEAD, *sections))


def described(name: str) -> str:
    """The help of one command as plain text."""
    command: Any = loaded(name)
    command.rich_markup_mode = None  # no frames, no colours
    context = command.context_class(
        command, info_name=f"nija {name}", terminal_width=WIDTH, max_content_width=WIDTH
    )
    lines = command.get_help(context).splitlines()
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written.\n")
