"""A camera in a simulated game: rendered frames and their ground truth at any time, in any order."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .balls import BallView, add_ball, view_ball
from .body import skeleton
from .camera_placement import Mount, place_camera
from .canvas import Canvas
from .config import CameraConfig
from .effects import Effects
from .fans import Fans
from .figures import add_players
from .game import CAMERA_STREAM, STYLE_STREAM, Game, stream
from .hoops import Hoop, add_hoop
from .lens import NEAR, Lens, look_at
from .officials import join_rosters, join_states
from .recording import State
from .roster import Roster
from .scenery import paint_scenery
from .scoreboard import Scoreboard
from .shadows import paint_ball_shadow, paint_shadows
from .style import draw_style
from .truth import FrameTruth
from .viewing import TruthTrack, Viewed, joined, track_truth
from .wardrobe import Wardrobe

CHUNK = 256
"""Frames whose truth is computed at once; bounds the memory."""


@dataclass(frozen=True)
class Moment:
    """One moment to draw; P people are the players followed by the referees.

    Attributes:
        lens: The camera's view.
        state: The game's state.
        joints: (P, 24, 3) metres.
        pixels: (P, 24, 2) the joints' pixels.
        depth: (P, 24) the joints' depths, metres.
        balls: One ball, or the two of a warm-up.
    """

    lens: Lens
    state: State
    joints: np.ndarray
    pixels: np.ndarray
    depth: np.ndarray
    balls: list[BallView]


class SimulatedCamera:
    """Films a game; `render` and `truth` depend on the time alone, so they can be called in any order.

    Attributes:
        game: The game.
        kind: One of `CAMERA_KINDS`.
        width, height: Frame size in pixels.
        style: Colours and light of the surroundings and the kits.
    """

    def __init__(
        self, game: Game, config: CameraConfig | None = None, seed: int | None = None, mount: Mount | None = None
    ):
        """Set up the camera.

        Args:
            game: A game from `simulate`.
            config: Kind and size.
            seed: Draws the camera's position, the light and the colours; the game's own seed when None.
            mount: The camera's position and aim; drawn for its kind when None.
        """
        config = config or CameraConfig()
        self.game, self.width, self.height = game, config.width, config.height
        seed = game.seed if seed is None else seed
        rng = stream(seed, CAMERA_STREAM)
        halves = ("sideline", "behind", "phone", "corner")
        drawn = halves[int(rng.integers(4))] if game.court.half else "broadcast"
        self.kind = config.kind or drawn
        people = len(game.roster) + len(game.officials.roster)
        self.style = draw_style(people, stream(seed, STYLE_STREAM))
        both = game.second is not None and not game.court.half
        placed = place_camera(self.kind, game.court, game.recording, self.width, self.height, rng, both)
        self._mount = mount or placed
        self.set_roster(game.roster)
        made = self.style.hoop
        self._hoops = [Hoop(game.court, b, made.mount, made.strands) for b in range(game.court.baskets)]
        self._fans = Fans(game.court, self.style, self._wardrobe, self._room(), rng)
        self._effects = Effects(self.style, self.width, self.height, config.compression, rng)
        strip = self.kind == "broadcast" and rng.random() < 0.85
        self._strip = Scoreboard(self.style, game.shots, self.width, self.height, rng) if strip else None
        self._scenery: np.ndarray | None = None
        self._scenery_lens: Lens | None = None

    def set_roster(self, roster: Roster) -> None:
        """From now on draw the players with the bodies and numbers of `roster`, in the kits of `style`."""
        self._everyone = join_rosters(roster, self.game.officials.roster)
        self._wardrobe = Wardrobe(self.style, self._everyone)

    def lens(self, time: float) -> Lens:
        """The view at `time` seconds."""
        return self._mount.lens(time, self.width, self.height)

    def sees(self, point: np.ndarray, time: float) -> bool:
        """Whether a world point (3,), metres, lies in the frame at `time` seconds."""
        pixel, depth = self.lens(time).project(np.asarray(point, float))
        return bool(depth > NEAR and 0 <= pixel[0] < self.width and 0 <= pixel[1] < self.height)

    def truth(self, time: float) -> FrameTruth:
        """The ground truth of the frame at `time` seconds."""
        return self.truth_track(np.array([time])).frame(0)

    def truth_track(self, times: np.ndarray) -> TruthTrack:
        """The ground truth at `times` (N,) seconds, without rendering; much faster than one frame at a time."""
        times = np.asarray(times, float)
        parts = [self._truths(times[start : start + CHUNK]) for start in range(0, max(len(times), 1), CHUNK)]
        return parts[0] if len(parts) == 1 else joined(parts)

    def render(self, time: float) -> np.ndarray:
        """Render the frame at `time` seconds: (height, width, 3) uint8 BGR."""
        view = self._view(time)
        style, shutter = self.style, self.style.shutter
        later = self.lens(time + shutter)
        centre = view.lens.position + view.lens.rotation[2] * 10.0
        panned = later.project(centre)[0] - view.lens.project(centre)[0]
        image = self._effects.pan_blur(self._background(view.lens), panned)
        after = self.game.state(time + shutter)
        joints = skeleton(self._people(time + shutter, after), self._everyone)
        smear = view.lens.project(joints)[0] - view.pixels
        visible = self._in_reach(view)
        paint_shadows(image, view.lens, style, visible, view.joints)
        for ball in view.balls:
            paint_ball_shadow(image, view.lens, style, ball.position, self.game.court.ball_radius)
        positions = np.array([ball.position for ball in view.balls])
        canvas = Canvas()
        self._fans.add(canvas, view.lens, time, float(view.state.net.max()))
        for hoop, push in zip(self._hoops, view.state.net, strict=True):
            add_hoop(canvas, hoop, view.lens, style, self._wardrobe, float(push), positions)
        add_players(canvas, self._wardrobe, visible, view.pixels, view.depth, self._everyone, view.lens, smear)
        for ball, position in zip(view.balls, self._ball_positions(time + shutter, after), strict=True):
            if ball.depth > 0.4:
                streak = view.lens.project(position)[0] - ball.pixel
                add_ball(canvas, self._wardrobe, ball.pixel, float(ball.depth), float(ball.radius), streak)
        canvas.paint(image)
        image = self._effects.apply(image, time)
        if self._strip is not None:
            self._strip.paint(image, time)
        return self._effects.compress(image)

    def _truths(self, times: np.ndarray) -> TruthTrack:
        state, lens = self.game.recording.sample(times), self._mount.lenses(times, self.width, self.height)
        officials, second = self.game.officials, None
        if self.game.second is not None:
            other = self.game.second.sample(times)
            second = view_ball(other.ball, lens, self.game.court.ball_radius), other.holder
        if len(officials.roster):
            state = join_states(state, officials.recording.sample(times))
        joints = skeleton(state, self._everyone)
        shape = joints.shape[:-1]
        pixels, depth = lens.project(joints.reshape(shape[0], shape[1] * shape[2], 3))
        view = Viewed(
            time=times,
            lens=lens,
            state=state,
            roster=self._everyone,
            joints=joints,
            pixels=pixels.reshape(*shape, 2),
            depth=depth.reshape(shape),
            ball=view_ball(state.ball, lens, self.game.court.ball_radius),
            second=second,
        )
        return track_truth(view, self.game.roster.teams, self._hoops)

    def _in_reach(self, view: Moment) -> list[int]:
        """Indices of the people close enough to the frame that they or their shadows may show."""
        low, high = view.pixels.min(1), view.pixels.max(1)
        margin = 60
        near = (view.depth.min(1) > 0.4) & (high > -margin).all(-1)
        near &= (low < np.array([self.width, self.height]) + margin).all(-1)
        return np.flatnonzero(near).tolist()

    def _view(self, time: float) -> Moment:
        state = self.game.state(time)
        lens = self.lens(time)
        people = self._people(time, state)
        joints = skeleton(people, self._everyone)
        pixels, depth = lens.project(joints)
        radius = self.game.court.ball_radius
        balls = [view_ball(position, lens, radius) for position in self._ball_positions(time, state)]
        return Moment(lens, state, joints, pixels, depth, balls)

    def _ball_positions(self, time: float, state: State) -> list[np.ndarray]:
        """World positions (3,) of every ball at `time` seconds: the ball of `state`, and a warm-up's second."""
        second = self.game.second
        return [state.ball] if second is None else [state.ball, second.at(time).ball]

    def _people(self, time: float, state: State) -> State:
        """The players of `state` followed by the referees."""
        officials = self.game.officials
        return join_states(state, officials.recording.at(time)) if len(officials.roster) else state

    def _background(self, lens: Lens) -> np.ndarray:
        if self._scenery is None:
            self._scenery_lens = self._panorama()
            self._scenery = paint_scenery(self.game.court, self.style, self._scenery_lens, self._room())
            if not self._mount.fixed:
                # OpenCV warps four channels twice as fast as three.
                self._scenery = cv2.cvtColor(self._scenery, cv2.COLOR_BGR2BGRA)
        if self._mount.fixed:
            return self._scenery.copy()
        wide = self._scenery_lens
        # Two pictures of a camera that only turns are related by a homography, so one panorama serves every pan.
        mapping = wide.matrix @ wide.rotation @ lens.rotation.T @ np.linalg.inv(lens.matrix)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpPerspective(self._scenery, mapping, (self.width, self.height), flags=flags)
        return cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR)

    def _panorama(self) -> Lens:
        """The view that the scenery is painted in: the camera's own, or one wide enough for its whole pan."""
        if self._mount.fixed:
            return self.lens(0.0)
        middle = self._mount.lens(0.0, self.width, self.height)
        targets = self._mount.targets
        ends = [targets[:, 0].argmin(), targets[:, 0].argmax()]
        centre = (targets.min(0) + targets.max(0)) / 2
        rotation = look_at(self._mount.position, centre)
        probe = Lens(self._mount.position, rotation, middle.focal, 0, 0)
        corners = []
        for end in ends:
            lens = self._mount.lens(end / self._mount.step_rate, self.width, self.height)
            rays = np.array([[x, y, 1.0] for x in (0, self.width) for y in (0, self.height)])
            directions = rays @ np.linalg.inv(lens.matrix).T @ lens.rotation
            corners.append(probe.project(self._mount.position + directions)[0])
        reach = np.abs(np.concatenate(corners)).max(0)
        pad = 0.06 * self.height
        return Lens(
            self._mount.position, rotation, middle.focal, 2 * int(reach[0] + pad), 2 * int(reach[1] + pad * 2)
        )

    def _room(self) -> tuple[float, float, float, float]:
        """The hall's walls (x0, y0, x1, y1), metres; the camera stands inside."""
        court, where = self.game.court, self._mount.position
        rng = stream(self.style.plank_seed, STYLE_STREAM)
        ends, sides = rng.uniform(3.0, 7.0, 2), rng.uniform(3.5, 8.0, 2)
        left = -court.length / 2 if not court.half else -2.5
        return (
            min(left - ends[0], where[0] - 1.5),
            min(-court.width / 2 - sides[0], where[1] - 1.5),
            max(court.length / 2 + ends[1], where[0] + 1.5),
            max(court.width / 2 + sides[1], where[1] + 1.5),
        )
