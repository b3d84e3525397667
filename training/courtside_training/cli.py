"""The command line `courtside-train`; a system's heavy modules are imported only when a command runs."""

from __future__ import annotations

import sys

import click

from courtside_training.common import registry
from courtside_training.common.commands import system_group
from courtside_training.errors import TrainingInputError


class _Systems(click.Group):
    """One group for each trained system, and `sim`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*registry.SYSTEMS, "sim"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in registry.SYSTEMS:
            return system_group(registry.system(cmd_name))
        if cmd_name == "sim":
            from courtside_training.simview.commands import sim

            return sim
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Systems"):
            formatter.write_dl([(name, command.get_short_help_str(100)) for name, command in rows if command])


@click.group(cls=_Systems)
def cli() -> None:
    """Train and evaluate Courtside's models."""


def main() -> None:
    """Run the command line; bad usage or input is one line and exit code 2, an interrupt exit code 130."""
    try:
        code = cli.main(standalone_mode=False)
    except TrainingInputError as error:
        click.echo(f"courtside-train: {error}", err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("courtside-train: interrupted; a running fit saved its checkpoint", err=True)
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
