"""The command line `courtside-train`; torch is imported only by the commands that need it."""

from __future__ import annotations

import sys

import click

from courtside_training.errors import TrainingInputError
from courtside_training.shots.commands import shots


@click.group()
def cli() -> None:
    """Train and evaluate Courtside's models."""


cli.add_command(shots)


def main() -> None:
    """Run the command line; bad usage or input is one line and exit code 2, an interrupt exit code 130."""
    try:
        code = cli.main(standalone_mode=False)
    except TrainingInputError as error:
        click.echo(f"courtside-train: {error}", err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("courtside-train: stopped; the checkpoint, if one was asked for, is saved", err=True)
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
