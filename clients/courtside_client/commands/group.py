"""The group of all commands: the client's own, and those of other packages by entry point, loaded when called."""

from __future__ import annotations

from importlib import metadata

import click

from courtside.loading import quiet_interrupt

GROUP = "courtside.commands"
"""Entry points of this group become commands, so that the client never imports the server."""
_OWN = {
    "calibrate": ("courtside_client.commands.calibrate:calibrate", "Calibrate a camera: click points of the court."),
    "demo": ("courtside_client.commands.demo:demo", "Gateway, simulated camera and subscriber in one."),
    "export": ("courtside_client.commands.export:export", "Write a game in the formats of other tools."),
    "game": ("courtside_client.commands.game:game", "A game's teams, clock and score; correct its shots."),
    "send": ("courtside_client.commands.send:send", "Send films to a gateway, which finds their shots."),
    "shooters": ("courtside_client.commands.shooters:shooters", "Enroll shooters, list, export and erase them."),
    "stream": ("courtside_client.commands.stream:stream", "Stream a camera, a film or a simulation."),
    "watch": ("courtside_client.commands.watch:watch", "Follow a game's events."),
}
_OTHERS = {
    "analyze": "Find the shots in films.",
    "condense": "Take the dead time out of a film.",
    "form": "Compare how shots were taken.",
    "reel": "Make a highlight reel of a player or of zones.",
    "serve": "Run the gateway.",
    "skills": "Estimate a player's skills from a film.",
    "triton": "Run a real Triton on this machine.",
}
"""Short help of known commands, so that --help need not import them."""
_FULL = "install `courtside` instead of `courtside-client`, which can stream and watch"


class LazyGroup(click.Group):
    """Loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*_OWN, *(point.name for point in metadata.entry_points(group=GROUP))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name in _OWN:
            point = metadata.EntryPoint(cmd_name, _OWN[cmd_name][0], GROUP)
        else:
            found = metadata.entry_points(group=GROUP, name=cmd_name)
            if not found and cmd_name in _OTHERS:
                raise click.ClickException(f"{cmd_name} is not installed: {_FULL}")
            if not found:
                return None
            point = next(iter(found))
        try:
            with quiet_interrupt():
                command = point.load()
        except ModuleNotFoundError as error:
            raise click.ClickException(f"{cmd_name} needs {error.name}, which is not installed: {_FULL}") from None
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from short texts instead of the commands themselves."""
        texts = {name: text for name, (_, text) in _OWN.items()} | _OTHERS
        with formatter.section("Commands"):
            formatter.write_dl([(name, texts.get(name, "")) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="courtside")  # the distribution, or the one that holds the package
def courtside() -> None:
    """Courtside watches live basketball: camera feeds in, shot events out.

    Exit codes: 0 success, 2 bad usage or input (one line on stderr), 1 any other error. Ctrl-C ends stream, watch
    and demo with 0; a second Ctrl-C, one in another command, or one while a command still loads gives 130.
    """
