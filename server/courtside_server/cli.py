"""The server's commands: ``courtside serve``, ``analyze``, ``condense``, ``reel``, ``form`` and ``skills``."""

from __future__ import annotations

import asyncio
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from courtside.loading import quiet_interrupt
from courtside_server.errors import CourtsideError, InputError, ModelInvalid, ModelNotFound, SettingsError
from courtside_server.memory import limit_arenas
from courtside_server.settings import Settings, load_settings
from courtside_server.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from courtside_server.media.condense import ReelFilter

_BAD_INPUT = (InputError, SettingsError, ModelNotFound, ModelInvalid)
"""Errors the caller can mend: exit code 2."""


_SIGPIPE = 141
"""Exit code of a command whose reader is gone, as shells give it: 128 and the number of the signal."""


def _fail(error: CourtsideError) -> NoReturn:
    click.echo(f"courtside: {error.message}", err=True)
    sys.exit(2 if isinstance(error, _BAD_INPUT) else 1)


def _settings(config: Path | None, flags: dict[str, Any]) -> Settings:
    try:
        return load_settings(config, flags)
    except SettingsError as error:
        _fail(error)
        raise  # unreachable: _fail exits


def _model_in_use(settings: Settings) -> str:
    """Which version answers, as the repository says now."""
    from courtside_server.inference.repository import ModelRepository

    name = settings.inference.model
    try:
        info = ModelRepository(settings.inference.repository).find(name).info
    except CourtsideError as error:
        return " ".join(error.message.split())
    return f"{name} is answered by {info.name} version {info.version}"


@click.command(short_help="Run the gateway.")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option("--engine", type=click.Choice(["embedded", "triton"]), help="What runs the models.")
@click.option("--grpc", metavar="HOST:PORT", help="Where cameras and subscribers connect (127.0.0.1:50051).")
@click.option("--http", metavar="HOST:PORT", help="Metrics, probes, pages (127.0.0.1:8080).")
@click.option("--data-dir", metavar="DIR", help="Folder of the event log (var).")
@click.option("--repository", metavar="DIR", help="Model repository (the starter models that come along).")
@click.option("--triton-url", metavar="HOST:PORT", help="Triton's gRPC address (127.0.0.1:8001).")
@click.option("--profile", type=click.Choice(["clip", "flight", "both"]), help="What finds shots (flight).")
@click.option("--hop", type=int, help="Samples of 0.3 s between clip windows: 1 lowest latency, 8 half a window.")
@click.option("--threshold", type=float, help="Least shot probability of a clip window (0.8).")
@click.option("--log-level", help="debug, info, warning or error.")
@click.option("--end-with-stdin", is_flag=True, help="Drain also when standard input, a pipe, closes.")
@click.option("--print-config", is_flag=True, help="Print the settings in force, and a camera's memory.")
def serve(
    config: Path | None,
    engine: str | None,
    grpc: str | None,
    http: str | None,
    data_dir: str | None,
    repository: str | None,
    triton_url: str | None,
    profile: str | None,
    hop: int | None,
    threshold: float | None,
    log_level: str | None,
    end_with_stdin: bool,
    print_config: bool,
) -> None:
    """Run the gateway: cameras in, shot events out.

    Listens on loopback unless told otherwise: its ports have no authentication. SIGTERM and Ctrl-C drain it.
    """
    settings = _settings(
        config,
        {
            "inference.engine": engine,
            "listen.grpc": grpc,
            "listen.http": http,
            "events.data_dir": data_dir,
            "inference.repository": repository,
            "inference.triton_url": triton_url,
            "perception.profile": profile,
            "windows.hop": hop,
            "shots.clip.threshold": threshold,
            "log_level": log_level,
        },
    )
    if print_config:
        click.echo(settings.to_toml(), nl=False)
        click.echo(f"\n# {_model_in_use(settings)}")
        click.echo(f"# a 720p camera takes at most {settings.camera_memory_mb()} MB")
        return
    limit_arenas()
    configure_logs(settings.log_level, settings.log_format)
    with quiet_interrupt():
        from courtside_server.gateway import serve_until_signal

    try:
        asyncio.run(serve_until_signal(settings, end_with_stdin=end_with_stdin))
    except CourtsideError as error:
        _fail(error)


def _rectangle(text: str) -> tuple[float, float, float, float]:
    """X, y, width and height of ``--follow``."""
    parts = text.split(",")
    if len(parts) == 4 and all(part.strip().replace(".", "", 1).isdecimal() for part in parts):
        x, y, width, height = (float(part) for part in parts)
        if width > 0 and height > 0:
            return x, y, width, height
    _fail(InputError(f"--follow {text[:60]!r} is not X,Y,W,H in pixels, such as 412,180,60,150"))


@click.command(short_help="Find the shots in films.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER...")
@click.option("--playback-speed", type=float, help="2 for film that runs at twice real speed (estimated).")
@click.option("--format", "style", type=click.Choice(["jsonl", "table"]), default="jsonl", show_default=True)
@click.option(
    "--render", type=click.Path(path_type=Path), metavar="OUT",
    help="Draw what was found on the film, without its sound: OUT is a film (.mp4) for one FILE, else a folder.",
)
@click.option(
    "--tracks", type=click.Path(path_type=Path), metavar="FILE",
    help="Write what is tracked in one film: MOT (.txt) or COCO (.json).",
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option("--engine", type=click.Choice(["embedded", "triton"]), help="What runs the models.")
@click.option("--repository", metavar="DIR", help="Model repository (the starter models that come along).")
@click.option("--triton-url", metavar="HOST:PORT", help="Triton's gRPC address (127.0.0.1:8001).")
@click.option("--profile", type=click.Choice(["clip", "flight", "both"]), help="What finds shots (flight).")
@click.option(
    "--calibration", type=click.Path(path_type=Path), metavar="FILE",
    help="The court under the camera, as `courtside calibrate` writes it.",
)
@click.option("--hop", type=int, help="Samples of 0.3 s between clip windows: 1 finest, 8 half a window.")
@click.option("--threshold", type=float, help="Least shot probability of a clip window (0.8).")
@click.option("--actions", is_flag=True, help="Also what players do, who has the ball, and the play-by-play.")
@click.option(
    "--follow", metavar="X,Y,W,H",
    help="Of all players read only the one in this rectangle of the first frame, in pixels; with --actions.",
)
@click.option(
    "--roster", type=click.Path(path_type=Path), metavar="FILE",
    help="CSV or TOML of the game's players (team, number, name): names whose jersey number can be read.",
)
@click.option("--form", is_flag=True, help="Also how each shot was shot, and by whom of those who are enrolled.")
@click.option(
    "--poses", type=click.Path(path_type=Path), metavar="DIR",
    help="With --form: keep each shooter's poses here, to enroll and compare (courtside shooters, courtside form).",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def analyze(
    files: tuple[Path, ...],
    playback_speed: float | None,
    style: str,
    render: Path | None,
    tracks: Path | None,
    config: Path | None,
    engine: str | None,
    repository: str | None,
    triton_url: str | None,
    profile: str | None,
    calibration: Path | None,
    hop: int | None,
    threshold: float | None,
    actions: bool,
    follow: str | None,
    roster: Path | None,
    form: bool,
    poses: Path | None,
    quiet: bool,
) -> None:
    """Run films through the gateway's own stages as fast as they go; the same film gives the same events.

    A folder means the films in it, sorted by name. Films that cannot be used, or not to their end, are named at the
    end, with exit code 2; the others are analyzed. Prints every revision of every event; the last one of an eventId
    counts. mediaOffset is on the film's own clock.
    --render goes through each film once more and draws in what was known at each moment.
    """
    if playback_speed is not None and not (math.isfinite(playback_speed) and 0.1 <= playback_speed <= 10):
        _fail(InputError(f"--playback-speed {playback_speed} is not between 0.1 and 10"))
    if follow is not None and not (actions or form):
        _fail(InputError("--follow says which player --actions or --form reads: give one of them, too"))
    rectangle = None if follow is None else _rectangle(follow)
    if poses is not None and not form:
        _fail(InputError("--poses keeps what --form reads: give both"))
    with quiet_interrupt():
        from courtside_server.offline.analyze import film_settings, player_options

    settings = _settings(
        config,
        {
            **film_settings(actions, form, roster is not None),
            "rosters.default": None if roster is None else str(roster.absolute()),
            "inference.engine": engine,
            "inference.repository": repository,
            "inference.triton_url": triton_url,
            "perception.profile": profile,
            "windows.hop": hop,
            "shots.clip.threshold": threshold,
        },
    )
    configure_logs("warning", settings.log_format)
    with quiet_interrupt():
        from courtside.court.point_pairs import read_calibration
        from courtside_server.offline.command import analyze_films

    bad: list[CourtsideError] = []
    try:
        court = None if calibration is None else read_calibration(calibration)
        asyncio.run(
            analyze_films(
                files, settings, playback_speed, style, bad.append, render=render, court=court, poses=poses,
                quiet=quiet, follow=rectangle, tracks=tracks, wanted=player_options(actions, form, roster is not None),
            )
        )
    except CourtsideError as error:
        bad.append(error)
    except BrokenPipeError:
        # Whoever read the events has seen enough; what Python would still flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_SIGPIPE)
    except KeyboardInterrupt:
        sys.exit(130)
    for reported in bad:
        click.echo(f"courtside: {reported.message}", err=True)
    if bad:
        sys.exit(2 if all(isinstance(reported, _BAD_INPUT) for reported in bad) else 1)


_SHORTEN_OPTIONS = (
    click.option("--out", type=click.Path(path_type=Path), metavar="OUT",
                 help="The new film, .mp4, .mov or .mkv; beside FILM by default. Its chapters: the same name, .vtt."),
    click.option("--events", type=click.Path(path_type=Path), metavar="FILE",
                 help="What `courtside analyze` printed of FILM, so that it is not analyzed again."),
    click.option("--playback-speed", type=float, help="2 for film that runs at twice real speed (estimated)."),
    click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings."),
    click.option("--repository", metavar="DIR", help="Model repository (the starter models that come along)."),
    click.option("--quiet", is_flag=True, help="No progress on stderr."),
)  # fmt: skip
"""What `condense` and `reel` have in common."""


def _shorten_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SHORTEN_OPTIONS):
        command = option(command)
    return command


@click.command(short_help="Take the dead time out of a film.")
@click.argument("film", type=click.Path(path_type=Path))
@click.option(
    "--actions", is_flag=True, help="Also keep possessions that end in a shot or are lost, rebounds, steals, turnovers."
)
@_shorten_options
def condense(film: Path, actions: bool, **options: Any) -> None:
    """Write a film of FILM's shots, without the dead time between them, with a chapter for each shot.

    Nothing is encoded again where FILM has a keyframe every few seconds; sound comes along. Margins and limits are
    settings (`media.condense.*`).
    """
    _shorten(film, actions, None, **options)


@click.command(short_help="Make a highlight reel of a player or of zones.")
@click.argument("film", type=click.Path(path_type=Path))
@click.option("--player", "players", type=click.IntRange(1), multiple=True, metavar="TRACK",
              help="Shots by this track; give it again for each track of the player.")  # fmt: skip
@click.option("--shooter", default="", metavar="NAME", help="Shots by this enrolled shooter; with --events of --form.")
@click.option("--zone", "zones", multiple=True, metavar="ZONE", help="Shots from here: left-wing-three-pointer, …")
@click.option("--made", is_flag=True, help="Only what went in.")
@_shorten_options
def reel(
    film: Path, players: tuple[int, ...], shooter: str, zones: tuple[str, ...], made: bool, **options: Any
) -> None:
    """Write a film of some of FILM's shots, with a chapter for each."""
    if not (players or shooter or zones or made):
        _fail(InputError("name what the reel shows: --player, --shooter, --zone or --made"))
    if shooter and options["events"] is None:
        _fail(InputError("--shooter needs --events FILE: what `courtside analyze --form` printed of the film"))
    with quiet_interrupt():
        from courtside_server.media.condense import ReelFilter, zone_named

    try:
        chosen = ReelFilter(frozenset(players), shooter, frozenset(map(zone_named, zones)), made)
    except CourtsideError as error:
        _fail(error)
    _shorten(film, False, chosen, **options)


def _shorten(
    film: Path, actions: bool, chosen: ReelFilter | None, *, out: Path | None, events: Path | None,
    playback_speed: float | None, config: Path | None, repository: str | None, quiet: bool,
) -> None:  # fmt: skip
    if playback_speed is not None and not (math.isfinite(playback_speed) and 0.1 <= playback_speed <= 10):
        _fail(InputError(f"--playback-speed {playback_speed} is not between 0.1 and 10"))
    with quiet_interrupt():
        from courtside_server.offline.analyze import film_settings, player_options

    settings = _settings(config, {**film_settings(actions, False), "inference.repository": repository})
    configure_logs("warning", settings.log_format)
    with quiet_interrupt():
        from courtside_server.offline.condense import shorten_film
        from courtside_server.offline.progress import film_progress

    try:
        with film_progress(film.name, quiet) as on_progress:
            made = asyncio.run(shorten_film(
                film, out, settings, events=events, reel=chosen, playback_speed=playback_speed,
                on_progress=on_progress, wanted=player_options(actions, form=False, roster=False),
            ))  # fmt: skip
    except CourtsideError as error:
        click.echo(f"courtside: {error.message}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    click.echo(made.line())


@click.group(short_help="Compare how shots were taken.")
def form() -> None:
    """How shots were taken: the motion from gather to release, from files of poses."""


@form.command("compare", short_help="Compare a shot with another one or with a shooter.")
@click.argument("shot", metavar="SHOT")
@click.argument("reference", metavar="SHOT|SHOOTER")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder of the results.")
@click.option("--height", type=float, metavar="CM", help="The shooter's height, which gives centimetres.")
@click.option("--data-dir", metavar="DIR", help="A gateway's data folder, with its shooters and shots (var).")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option("--repository", metavar="DIR", help="Model repository (the starter models that come along).")
def compare(
    shot: str, reference: str, out: Path, height: float | None, data_dir: str | None, config: Path | None,
    repository: str | None,
) -> None:  # fmt: skip
    """Compare a SHOT with another one, or with the good shots of an enrolled SHOOTER.

    A SHOT is a file of poses (.poses.npz), or games/GAME:EVENT_ID of a shot that the gateway of the data folder has
    seen. Writes two heatmaps (horizontal and vertical deviation of every joint), an overlay film, a page with a slider
    and correction arrows, and a map of the shots where there are three or more.
    """
    settings = _settings(config, {"events.data_dir": data_dir, "inference.repository": repository})
    configure_logs("warning", settings.log_format)
    if height is not None and not 100 <= height <= 260:
        _fail(InputError(f"--height {height:g} is not between 100 and 260 cm"))
    with quiet_interrupt():
        from courtside_server.offline.form import compare_forms

    try:
        report = compare_forms(shot, reference, out, settings, height)
    except CourtsideError as error:
        click.echo(f"courtside: {error.message}", err=True)
        sys.exit(error.exit_code)
    for line in report.lines():
        click.echo(line)


@click.command(short_help="Estimate a player's skills from a film.")
@click.argument("film", type=click.Path(path_type=Path))
@click.option(
    "--player", "players", type=click.IntRange(1), multiple=True, metavar="TRACK",
    help="FILM is a game: use what shows this track only. Give it again for each track of the player.",
)
@click.option(
    "--events", type=click.Path(path_type=Path), metavar="FILE",
    help="With --player: what `courtside analyze --actions` printed of FILM, so that it is not analyzed again.",
)
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file of settings.")
@click.option("--repository", metavar="DIR", help="Model repository (the starter models that come along).")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def skills(
    film: Path, players: tuple[int, ...], events: Path | None, style: str, config: Path | None, repository: str | None,
    quiet: bool,
) -> None:  # fmt: skip
    """Estimate twenty skills of one player from FILM, a highlight of 8 to 10 minutes, without a gateway.

    With --player FILM is a whole game: it is analyzed with --actions, the stretches in which the track shoots, passes,
    rebounds or has the ball are put together, and what can be counted is printed beside the levels.

    The levels are worth little: see what is printed with them. Where there is not enough film there are none, with
    exit code 2.
    """
    if events is not None and not players:
        _fail(InputError("--events belongs to --player TRACK: give both"))
    with quiet_interrupt():
        from courtside_server.offline.analyze import film_settings

    analysis = film_settings(actions=True, form=False) if players and events is None else {}
    settings = _settings(config, {**analysis, "inference.repository": repository})
    configure_logs("warning", settings.log_format)
    with quiet_interrupt():
        from courtside.events import message_to_json
        from courtside.film import Film
        from courtside.records import to_message
        from courtside.v1 import analysis_pb2
        from courtside_server.offline.skills import estimate_film, estimate_lines, read_events

    shown = not quiet and sys.stderr.isatty()

    def on_progress(stage: str, done: float) -> None:
        if shown:
            click.echo(f"\r{stage} {done:4.0%} ", nl=False, err=True)

    try:
        known = None if events is None else read_events(events)
        found = asyncio.run(estimate_film(film, settings, players, known, on_progress))
    except CourtsideError as error:
        click.echo(f"courtside: {error.message}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    if shown:
        click.echo("\r", nl=False, err=True)
    if style == "json":
        message = analysis_pb2.SkillEstimate()
        to_message(found, message)
        click.echo(message_to_json(message))
    else:
        for line in estimate_lines(found):
            click.echo(line)
    if found.not_enough_film:
        click.echo(f"courtside: {found.not_enough_film}", err=True)
        sys.exit(2)
    try:
        Film(film).check_end()
    except CourtsideError as error:  # what is there was used
        click.echo(f"courtside: {error.message}", err=True)
        sys.exit(error.exit_code)
