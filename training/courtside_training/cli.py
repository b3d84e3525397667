"""The command line `courtside-train`; a system's commands are imported when they are asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from courtside_training.errors import TrainingInputError

SYSTEMS: dict[str, tuple[str, str]] = {
    "shots": ("courtside_training.shots.commands", "Shot analytics: shot, release, zone, make probability."),
    "flight": ("courtside_training.flight.commands", "Flights: shots found in the path of a tracked ball."),
    "rim": ("courtside_training.rim.commands", "Results: made or missed, from pictures and track at the ring."),
    "skills": ("courtside_training.skills.commands", "Skill estimation: 20 skills from a highlight film."),
    "fingerprint": ("courtside_training.fingerprint.commands", "Shot fingerprint: who shot, what type, form drift."),
    "actions": ("courtside_training.actions.commands", "Action tagging of tracked players."),
    "detector": ("courtside_training.detector.commands", "Ball, rim, player and referee detector."),
    "pose": ("courtside_training.pose.commands", "Keypoints of one player."),
    "sim": ("courtside_training.simview.commands", "Look at the simulated court."),
}


class _Systems(click.Group):
    """One group a system; help needs none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SYSTEMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SYSTEMS:
            return None
        return getattr(import_module(SYSTEMS[cmd_name][0]), cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Systems"):
            formatter.write_dl([(name, text) for name, (_, text) in SYSTEMS.items()])


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
    except click.UsageError as error:
        error.show()
        code = 2
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("courtside-train: stopped; the checkpoint, if one was asked for, is saved", err=True)
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
