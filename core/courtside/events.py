"""Events as a user of Courtside sees them: what happened in a game, each with its place in the game's log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Self

from google.protobuf import json_format
from google.protobuf.message import Message

from courtside.court.zones import Zone
from courtside.enums import WireEnum
from courtside.errors import BadRequest
from courtside.games import Correction, GameState, GameTime, Side
from courtside.plays import Jersey, Play, PlayerAction, Possession
from courtside.records import from_message, to_message, wire
from courtside.shot_results import ShotResult, ShotType
from courtside.timestamps import from_timestamp, to_timestamp
from courtside.v1 import events_pb2


class ZoneSource(WireEnum):
    """Where a shot's zone comes from; values equal the wire's ``Source``.

    Example:
        >>> str(ZoneSource.CALIBRATION)
        'calibration'
    """

    UNSPECIFIED = 0
    MODEL = 1
    """A model's estimate."""
    CALIBRATION = 2
    """Measured on a calibrated court."""
    COURT_ESTIMATE = 3
    """Measured on a court that was recognised in the picture, without calibration."""
    PERSON = 4
    """A person said it."""


class Lifecycle(WireEnum):
    """Where an event is in its life.

    Example:
        >>> f"this shot is {Lifecycle.PROVISIONAL}"
        'this shot is provisional'
    """

    PROVISIONAL = 1
    """Announced early; may be revised or retracted."""
    CONFIRMED = 2
    """Final: never provisional again. Further revisions only add to it: another camera's view, a result that was not
    known, or, where the shot is ``interrupted``, the final word of a film that was sent again."""
    RETRACTED = 3
    """It did not happen after all. Where it is seen again nevertheless, its next revision counts."""


class RestartReason(WireEnum):
    """Why a subscription begins again.

    Example:
        >>> print(RestartReason.OTHER_LOG)
        other log
    """

    OTHER_LOG = 1
    """The cursor belongs to another log: sequences and revisions have nothing to do with those seen before."""
    EVICTED = 2
    """The history after the cursor is gone: events are missing."""


class CameraState(WireEnum):
    """What happened to a camera.

    Example:
        >>> print(CameraState.RECOVERED)
        recovered
    """

    ONLINE = 1
    OFFLINE = 2
    DISCONTINUITY = 3
    """Its clock jumped: tracks and windows were reset."""
    DEGRADED = 4
    """Frames arrive but cannot be scored."""
    RECOVERED = 5


@dataclass(frozen=True, slots=True)
class Arc:
    """The ball's flight as a parabola in the picture; only where the view shows it from the side.

    Example:
        >>> arc = Arc(release_angle=52.0, entry_angle=44.0, apex=1.6, uncertainty=2.0)
        >>> print(f"released at {arc.release_angle:.0f}°, {arc.apex:.1f} m high")
        released at 52°, 1.6 m high
    """

    release_angle: float = field(metadata=wire("release_angle_degrees"))
    """Degrees above the horizontal at the release."""
    entry_angle: float | None = field(metadata=wire("entry_angle_degrees"))
    """Degrees below the horizontal at the rim's height; ``None`` where the rim is unknown."""
    apex: float = field(metadata=wire("apex_metres"))
    """Metres from the release up to the highest point."""
    uncertainty: float = field(metadata=wire("uncertainty_degrees"))
    """One standard deviation of the angles, degrees."""


@dataclass(frozen=True, slots=True)
class RimCrossing:
    """Where the ball comes down through the rim's height, or would have without touching anything.

    Example:
        >>> crossing = RimCrossing(depth=11.0, entry_angle=45.5, uncertainty=1.5, entry_uncertainty=2.0)
        >>> print(f"{crossing.depth:.0f} inches past the front, at {crossing.entry_angle:.0f}°")
        11 inches past the front, at 46°
    """

    depth: float | None = field(default=None, metadata=wire("depth_inches"))
    """Inches from the front of the rim to the ball's middle, along the shot: 9 is the rim's middle, 18 its back;
    ``None`` where the view does not show it."""
    side: float | None = field(default=None, metadata=wire("side_inches"))
    """Inches to the right of the rim's middle, as the shooter sees it; ``None`` where the view does not show it."""
    entry_angle: float | None = field(default=None, metadata=wire("entry_angle_degrees"))
    """Degrees below the horizontal; ``None`` where it is not known."""
    uncertainty: float | None = field(default=None, metadata=wire("uncertainty_inches"))
    """One standard deviation of ``depth`` or ``side``, inches."""
    entry_uncertainty: float | None = field(default=None, metadata=wire("entry_uncertainty_degrees"))
    """One standard deviation of ``entry_angle``, degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotView:
    """A shot as one camera sees it.

    Example:
        >>> view = ShotView(
        ...     camera="games/final/cameras/left", event_time=1_700_000_000.0, media_offset=12.5,
        ...     lifecycle=Lifecycle.CONFIRMED, probability=0.97, make_probability=0.8, result=ShotResult.MADE)
        >>> print(view.camera, view.media_offset, view.result)
        games/final/cameras/left 12.5 made
    """

    camera: str
    """``games/{game}/cameras/{camera}``."""
    event_time: float
    """The release, Unix seconds by this camera's clock."""
    media_offset: float
    """The release by this camera's media clock, seconds; see :attr:`Event.media_offset`."""
    lifecycle: Lifecycle
    """Whether this camera may still revise its view."""
    probability: float
    """That a shot was released, 0 to 1."""
    make_probability: float
    """That it goes in, 0 to 1."""
    result: ShotResult = ShotResult.UNKNOWN
    """Whether it went in, as far as this camera sees."""
    shooter: int | None = field(default=None, metadata=wire("shooter_track_id"))
    """Track of the player who released it, when known; track ids differ from camera to camera."""
    session: str = ""
    """See :attr:`Event.session`."""
    media_segment: int = 0
    """See :attr:`Event.media_segment`."""


class Arm(WireEnum):
    """The arm that shot, from the shooter's own point of view.

    Example:
        >>> print(Arm.RIGHT)
        right
    """

    UNSPECIFIED = 0
    LEFT = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotForm:
    """How a shot was taken, measured in the picture between gather and release.

    A torso length is the distance from the middle of the shoulders to the middle of the hips. ``None``: the joints were
    not seen.

    Example:
        >>> form = ShotForm(tempo=0.9, arm=Arm.RIGHT, seen=0.97, release_height=4.1, set_elbow=82.0)
        >>> print(f"{form.tempo:.1f} s, {form.arm} arm, elbow {form.set_elbow:.0f}° at the set point")
        0.9 s, right arm, elbow 82° at the set point
    """

    tempo: float = field(metadata=wire("tempo_seconds"))
    """From gather to release, real seconds."""
    arm: Arm
    """The arm that shot."""
    seen: float
    """Share of the body's joints that were seen, 0 to 1."""
    release_height: float | None = field(default=None, metadata=wire("release_height_torsos"))
    """Height of the shooting wrist above the lower ankle at the release, torso lengths."""
    release_height_cm: float | None = None
    """The same in centimetres; only where the scale is known: that of the court at his feet, or his height."""
    release_height_estimated: bool = False
    """The centimetres follow from the shooter's body height alone, because the camera's scale is not known."""
    set_elbow: float | None = field(default=None, metadata=wire("set_elbow_degrees"))
    """Angle of the shooting arm's elbow at the set point, degrees; 180 is straight."""
    set_knee: float | None = field(default=None, metadata=wire("set_knee_degrees"))
    """Angle of the knee on its side at the set point, degrees."""
    release_elbow: float | None = field(default=None, metadata=wire("release_elbow_degrees"))
    """Angle of the elbow at the release, degrees."""
    release_knee: float | None = field(default=None, metadata=wire("release_knee_degrees"))
    """Angle of the knee at the release, degrees."""


@dataclass(frozen=True, slots=True)
class Shooter:
    """Who shot, by the motion of the body; never by the face.

    Example:
        >>> shooter = Shooter("Anna", 0.92, baseline_distance=0.4)
        >>> print(f"{shooter.name} ({shooter.probability:.0%})")
        Anna (92%)
    """

    name: str
    """Name under which the shooter was enrolled; empty where it is none of those who are."""
    probability: float
    """Probability of that name, 0 to 1."""
    baseline_distance: float | None = None
    """How far the form is from the shooter's own good shots, standard deviations; ``None`` where there are too few."""


@dataclass(frozen=True, slots=True)
class JointDeviation:
    """By how much a joint is elsewhere than in the shooter's good shots: the mean between gather and release.

    Example:
        >>> print(JointDeviation("right_elbow", 0.12, -0.03).joint)
        right_elbow
    """

    joint: str
    """COCO's name."""
    horizontal: float = field(metadata=wire("horizontal_torsos"))
    """Torso lengths to the right of the picture."""
    vertical: float = field(metadata=wire("vertical_torsos"))
    """Torso lengths upwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAlert:
    """The form of an enrolled shooter has left his baseline over a run of shots.

    Example:
        >>> alert = FormAlert(shooter="Anna", event_ids=("shot-1", "shot-2"), statistic=4.2, limit=3.0)
        >>> print(f"{alert.shooter}: {alert.statistic:.1f}, usually below {alert.limit:.1f}")
        Anna: 4.2, usually below 3.0
    """

    shooter: str
    """Name under which the shooter was enrolled."""
    event_ids: tuple[str, ...]
    """Events of the shots of the run, oldest first."""
    statistic: float
    """How far the run is from the shooter's good shots, in standard errors of its mean distance."""
    limit: float
    """What runs of his own good shots stay below."""
    joints: tuple[JointDeviation, ...] = ()
    """The joints that moved most, the largest first; at most three."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot at the basket as it is known so far.

    Example:
        >>> shot = Shot(0.97, 0.1, Zone.LEFT_WING_THREE_POINTER, (), 0.41, "shot_flight:1", result=ShotResult.MADE)
        >>> print(shot.zone, shot.points, shot.result)
        left wing three-pointer 3 made
    """

    probability: float
    """That a shot was released, 0 to 1."""
    release_uncertainty: float
    """Half width of the release time's interval, seconds."""
    zone: Zone
    """Where it was taken."""
    zone_probabilities: tuple[float, ...]
    """One for each of :data:`courtside.court.zones.ZONES`; empty when the zone is not known."""
    make_probability: float
    """That it goes in, 0 to 1."""
    model: str
    """The model that found it, ``name:version``."""
    windows_agreeing: int = 0
    """Windows that contain the shot and agree."""
    windows_covering: int = 0
    """Windows that contain the release time."""
    result: ShotResult = ShotResult.UNKNOWN
    """Whether it went in."""
    interrupted: bool = False
    """The stream or the gateway ended before every window with this shot was scored."""
    zone_source: ZoneSource = ZoneSource.MODEL
    """Where the zone comes from."""
    shooter: int | None = field(default=None, metadata=wire("shooter_track_id"))
    """Track of the player who released it, when known."""
    court: tuple[float, float] | None = field(default=None, metadata=wire("court_x", "court_y"))
    """x, y of the shooter's feet, metres from the court's centre; only where the camera is calibrated or the court was
    recognised (``zone_source``)."""
    arc: Arc | None = None
    """The ball's flight, where the view shows it from the side."""
    views: tuple[ShotView, ...] = ()
    """The cameras that see it, in the order in which they found it; empty in logs before 0.2."""
    playback_speed: float | None = None
    """How many times faster than real life the film runs here, measured by the fall of the ball; ``None`` where it was
    not measured."""
    replay_of: str = ""
    """The ``event_id`` of the shot that the film shows again here, in slow motion; such a shot is retracted."""
    form: ShotForm | None = None
    """How it was shot, where the shooter's body was seen from gather to release."""
    identity: Shooter | None = None
    """Who shot it, where shooters are enrolled; an empty name: none of those who are."""
    type: ShotType = ShotType.UNKNOWN
    """How it was shot."""
    type_probability: float = 0.0
    """Of :attr:`type`, 0 to 1; 0 while the type is not known."""
    rim_crossing: RimCrossing | None = None
    """Where the ball comes down at the rim, as far as the view shows it."""
    jersey: Jersey | None = None
    """The shooter's jersey; ``None`` where its number is not known. It may name somebody else than :attr:`identity`
    does: both are kept, each with its source."""
    team: Side = Side.UNKNOWN
    """The shooter's team, in a game whose teams are known."""
    awarded_points: int | None = None
    """What a person says that it is worth; ``None``: it follows from the zone."""

    @property
    def points(self) -> int:
        """What it is worth: 2 or 3, 1 where a person says so; 0 while the zone is unknown."""
        return self.zone.points if self.awarded_points is None else self.awarded_points


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A camera's change of state.

    Example:
        >>> status = CameraStatus(CameraState.OFFLINE, "the stream ended")
        >>> print(f"camera {status.state}: {status.detail}")
        camera offline: the stream ended
    """

    state: CameraState
    """What happened."""
    detail: str
    """One sentence for a person."""


Payload = Shot | CameraStatus | FormAlert | PlayerAction | Possession | Play | GameState
"""What an event may say."""
PAYLOADS: dict[str, type[Payload]] = {
    "shot": Shot, "camera_status": CameraStatus, "form_alert": FormAlert, "action": PlayerAction,
    "possession": Possession, "play": Play, "game_state": GameState,
}  # fmt: skip
"""The class of each kind of event, by the name of its field in the message."""
_KINDS = {payload: kind for kind, payload in PAYLOADS.items()}


def kind_of(payload: Payload) -> str:
    """The kind of an event with this payload: a key of `PAYLOADS`.

    Example:
        >>> kind_of(CameraStatus(CameraState.ONLINE, "first frame"))
        'camera_status'
    """
    return next(kind for base, kind in _KINDS.items() if isinstance(payload, base))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One durable entry of a game's log. The last revision of an ``event_id`` counts.

    Example:
        >>> event = Event(
        ...     game="games/final", camera="games/final/cameras/left", event_id="shot-1",
        ...     lifecycle=Lifecycle.CONFIRMED, event_time=1_700_000_000.0, media_offset=12.5,
        ...     payload=CameraStatus(CameraState.ONLINE, "the camera is back"),
        ...     sequence=1, revision=1, append_time=1_700_000_000.5,
        ... )
        >>> Event.from_proto(event.to_proto()) == event
        True
        >>> event.shot is None, str(event.camera_status.state), str(event.lifecycle)
        (True, 'online', 'confirmed')
    """

    game: str
    """``games/{game}``."""
    camera: str
    """``games/{game}/cameras/{camera}``; of a shot that several cameras see, the first one. Empty for the game's
    own state."""
    event_id: str
    """The same for all revisions of one happening."""
    lifecycle: Lifecycle
    """Where it is in its life."""
    event_time: float
    """When it happened, Unix seconds by the camera's clock (a shot: its release)."""
    media_offset: float
    """When it happened, seconds since the camera's first frame by the film's own clock; since a film's sound, where
    that begins earlier. Where time stamps go back (joined recordings), it goes on."""
    payload: Payload
    """What happened."""
    sequence: int
    """Position in the game's log, from 1 without gaps."""
    revision: int
    """1 for the first of its ``event_id``, counting up."""
    append_time: float
    """When the gateway stored it, Unix seconds by the server's clock."""
    session: str = ""
    """The session in which the camera's client began: the same where it resumes, another one for every client that
    begins anew. Times are comparable within one session only. Empty for a film that is analyzed."""
    media_segment: int = 0
    """Number of the media segment in the session: each jump of the camera's clock begins a new one."""
    correction: Correction | None = None
    """What people corrected of it; no model overwrites that."""
    game_time: GameTime | None = None
    """Period, clock and score at the event; only in a game whose clock was set."""

    @property
    def kind(self) -> str:
        """``shot``, ``camera_status``, ``form_alert``, ``action``, ``possession``, ``play`` or ``game_state``."""
        return kind_of(self.payload)

    @property
    def shot(self) -> Shot | None:
        """The shot; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, Shot) else None

    @property
    def camera_status(self) -> CameraStatus | None:
        """The camera's change of state; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, CameraStatus) else None

    @property
    def form_alert(self) -> FormAlert | None:
        """The alert that a shooter's form has left his baseline; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, FormAlert) else None

    @property
    def action(self) -> PlayerAction | None:
        """What a player does; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, PlayerAction) else None

    @property
    def possession(self) -> Possession | None:
        """Who has the ball; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, Possession) else None

    @property
    def play(self) -> Play | None:
        """A line of the play-by-play; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, Play) else None

    @property
    def game_state(self) -> GameState | None:
        """The game's teams, clock and score; ``None`` for another kind of event."""
        return self.payload if isinstance(self.payload, GameState) else None

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that see it: one, or all that see a shot."""
        views = self.payload.views if isinstance(self.payload, Shot) else ()
        return tuple(view.camera for view in views) or (self.camera,)

    def to_proto(self) -> events_pb2.Event:
        """The event as it goes over the wire.

        Zone probabilities are single precision there; everything else is exact (times to the microsecond).
        """
        message = events_pb2.Event(
            game=self.game, camera=self.camera, event_id=self.event_id, event_time=to_timestamp(self.event_time),
            media_offset=self.media_offset, sequence=self.sequence, revision=self.revision,
            append_time=to_timestamp(self.append_time), session=self.session, media_segment=self.media_segment,
        )  # fmt: skip
        message.lifecycle = int(self.lifecycle)  # type: ignore[assignment]
        payload = getattr(message, self.kind)
        payload.SetInParent()
        to_message(self.payload, payload)
        if isinstance(self.payload, Shot):
            message.shot.points = self.payload.points
        if self.correction is not None:
            to_message(self.correction, message.correction)
        if self.game_time is not None:
            to_message(self.game_time, message.game_time)
        return message

    @classmethod
    def from_proto(cls, message: events_pb2.Event) -> Self:
        """The event of a wire message.

        A zone that this version does not know is read as UNSPECIFIED, without probabilities and source, and a type that
        it does not know as UNKNOWN. What is derived (points) is left out.

        Raises:
            BadRequest: no payload, or an enum value that this version does not know.
        """
        kind = message.WhichOneof("payload")
        try:
            if kind not in PAYLOADS:
                raise ValueError("it has no payload that is known here")
            base, content = PAYLOADS[kind], getattr(message, kind)
            payload = _shot(content) if base is Shot else from_message(base, content)
            lifecycle = Lifecycle(message.lifecycle)
            correction = from_message(Correction, message.correction) if message.HasField("correction") else None
            game_time = from_message(GameTime, message.game_time) if message.HasField("game_time") else None
        except ValueError as error:
            raise BadRequest(f"event {message.event_id[:80]!r} cannot be used: {error}", field="event") from error
        return cls(
            game=message.game, camera=message.camera, event_id=message.event_id, lifecycle=lifecycle,
            event_time=from_timestamp(message.event_time), media_offset=message.media_offset, payload=payload,
            sequence=message.sequence, revision=message.revision, append_time=from_timestamp(message.append_time),
            session=message.session, media_segment=message.media_segment, correction=correction, game_time=game_time,
        )  # fmt: skip

    def to_json(self) -> str:
        """One line of protobuf JSON: the line of ``--format jsonl`` and of server-sent events."""
        return message_to_json(self.to_proto())


@dataclass(frozen=True, slots=True)
class Restart:
    """A log does not have a subscriber's cursor: forget what was received, everything that remains follows.

    Example:
        >>> print(Restart("5e1f", RestartReason.EVICTED, 41).detail)
        the events before 41 are gone from the log; everything from there on follows
    """

    log: str
    """Identity of the log that follows."""
    reason: RestartReason
    """Why."""
    earliest_sequence: int
    """Lowest sequence still in the log."""

    @property
    def detail(self) -> str:
        """One sentence for a person."""
        if self.reason is RestartReason.EVICTED:
            return f"the events before {self.earliest_sequence} are gone from the log; everything from there on follows"
        return "the gateway has another event log than the one that the cursor belongs to; all of it follows"


def _shot(message: events_pb2.Shot) -> Shot:
    unknown: list[str] = []
    if not Zone.knows(message.zone):
        unknown += ["zone", "zone_probabilities", "zone_source"]
    if not ShotType.knows(message.type):
        unknown += ["type", "type_probability"]
    if unknown:
        message = events_pb2.Shot.FromString(message.SerializeToString())
        for name in unknown:
            message.ClearField(name)
    return from_message(Shot, message)


def message_to_json(message: Message) -> str:
    """Any message as one line of protobuf JSON, with every field that has no presence, zero or not."""
    return json_format.MessageToJson(message, indent=None, always_print_fields_with_no_presence=True)


def latest_shots(events: Iterable[Event]) -> list[Event]:
    """The last revision of every shot that was not retracted: in the order of the log, those of a session by release.

    No clock orders shots of two sessions: a camera's clock may have been set, and media time begins anew.

    Args:
        events: in the order of the log.

    Example:
        >>> latest_shots([])
        []
    """
    last = {event.event_id: event for event in events if event.shot is not None}  # in the order of first revisions
    found = [event for event in last.values() if event.lifecycle is not Lifecycle.RETRACTED]
    by_release: dict[tuple[str, str], Iterator[Event]] = {}
    for event in found:
        key = event.camera, event.session
        if key not in by_release:
            own = (other for other in found if (other.camera, other.session) == key)
            by_release[key] = iter(sorted(own, key=lambda event: event.media_offset))
    return [next(by_release[event.camera, event.session]) for event in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmShot(Shot):
    """A shot in a film, with the time of its release.

    Example:
        >>> shot = FilmShot(
        ...     probability=0.97, release_uncertainty=0.1, zone=Zone.PAINT_EXTENDED, zone_probabilities=(),
        ...     make_probability=0.7, model="shot_flight:1", time=12.4, event_id="shot-1")
        >>> print(f"{shot.time:.1f} s: {shot.zone}, {shot.points} points")
        12.4 s: paint extended, 2 points
    """

    time: float
    """Seconds from the film's beginning to the release, as players count: from its first frame, or from its sound where
    that begins earlier."""
    event_id: str
    """The id of its events."""

    @classmethod
    def of(cls, event: Event) -> Self:
        """The shot of an event.

        Raises:
            ValueError: the event is not a shot.
        """
        if event.shot is None:
            raise ValueError(f"event {event.event_id!r} is not a shot")
        values = {field.name: getattr(event.shot, field.name) for field in fields(Shot)}
        return cls(**values, time=event.media_offset, event_id=event.event_id)
