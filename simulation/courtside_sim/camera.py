"""A camera in a simulated game: pictures and truth at any time, in any order."""

from __future__ import annotations

import cv2
import numpy as np

from .body import skeleton
from .canvas import Canvas
from .config import CameraConfig
from .figures import Wardrobe, add_ball, add_players
from .game import CAMERA_STREAM, LOOK_STREAM, Game, stream
from .hoops import Hoop, add_hoop
from .lens import NEAR, Lens, look_at
from .look import draw_look
from .placing import place_camera
from .scenery import paint_scenery
from .shadows import paint_ball_shadow, paint_shadows
from .truth import FrameTruth
from .viewing import Viewed, frame_truth

NOISE_TILES = 8


class SimulatedCamera:
    """Looks at a game. `render` and `truth` are pure functions of time: any order, always the same answer.

    Attributes:
        game: What it films.
        kind: 'sideline', 'behind' or 'broadcast'.
        width, height: Picture size in pixels.
        look: The place's and the kits' colours.
    """

    def __init__(self, game: Game, config: CameraConfig | None = None, seed: int | None = None):
        """Set the camera up.

        Args:
            game: A game from `simulate`.
            config: Kind and size.
            seed: Draws place, light and colours; the game's own seed when None.
        """
        config = config or CameraConfig()
        self.game, self.width, self.height = game, config.width, config.height
        seed = game.seed if seed is None else seed
        rng = stream(seed, CAMERA_STREAM)
        drawn = ("sideline", "behind")[int(rng.integers(2))] if game.court.half else "broadcast"
        self.kind = config.kind or drawn
        self.look = draw_look(len(game.roster), stream(seed, LOOK_STREAM))
        self._mount = place_camera(self.kind, game.court, game.recording, self.width, self.height, rng)
        self._noise_seed = int(rng.integers(1 << 31))
        self._wardrobe = Wardrobe(self.look, game.roster)
        self._hoops = [Hoop(game.court, basket) for basket in range(game.court.baskets)]
        self._scenery: np.ndarray | None = None
        self._scenery_lens: Lens | None = None
        self._noise: np.ndarray | None = None

    def lens(self, time: float) -> Lens:
        """The view at `time` seconds."""
        return self._mount.lens(time, self.width, self.height)

    def sees(self, point: np.ndarray, time: float) -> bool:
        """Whether a world point (3,) in metres lies in the picture at `time` seconds."""
        pixel, depth = self.lens(time).project(np.asarray(point, float))
        return bool(depth > NEAR and 0 <= pixel[0] < self.width and 0 <= pixel[1] < self.height)

    def truth(self, time: float) -> FrameTruth:
        """What is really in the picture at `time` seconds."""
        return frame_truth(self._view(time), self.game, self._hoops)

    def render(self, time: float) -> np.ndarray:
        """The picture at `time` seconds: (height, width, 3) uint8 BGR."""
        view = self._view(time)
        picture = self._background(view.lens)
        roster, look = self.game.roster, self.look
        radius = self.game.court.ball_radius
        visible = self._in_reach(view)
        paint_shadows(picture, view.lens, look, visible, view.joints)
        paint_ball_shadow(picture, view.lens, look, view.state.ball, radius)
        canvas = Canvas()
        for hoop, push in zip(self._hoops, view.state.net, strict=True):
            add_hoop(canvas, hoop, view.lens, look, self._wardrobe, float(push), view.state.ball)
        add_players(canvas, self._wardrobe, visible, view.pixels, view.depth, roster, view.lens)
        if view.ball_depth > 0.4:
            add_ball(canvas, self._wardrobe, view.ball_pixel, view.ball_depth, view.ball_radius)
        canvas.paint(picture)
        if look.softness > 0:
            picture = cv2.GaussianBlur(picture, (3, 3), look.softness)
        self._add_noise(picture, time)
        return picture

    def _in_reach(self, view: Viewed) -> list[int]:
        """Players near enough to the picture for themselves or their shadow to show."""
        low, high = view.pixels.min(1), view.pixels.max(1)
        margin = 60
        near = (view.depth.min(1) > 0.4) & (high > -margin).all(-1)
        near &= (low < np.array([self.width, self.height]) + margin).all(-1)
        return np.flatnonzero(near).tolist()

    def _view(self, time: float) -> Viewed:
        state = self.game.state(time)
        lens = self.lens(time)
        joints = skeleton(state, self.game.roster)
        pixels, depth = lens.project(joints)
        ball_pixel, ball_depth = lens.project(state.ball)
        ball_radius = self.game.court.ball_radius * lens.focal / max(float(ball_depth), NEAR)
        return Viewed(time, lens, state, joints, pixels, depth, ball_pixel, float(ball_depth), ball_radius)

    def _background(self, lens: Lens) -> np.ndarray:
        if self._scenery is None:
            self._scenery_lens = self._panorama()
            self._scenery = paint_scenery(self.game.court, self.look, self._scenery_lens, self._room())
            if not self._mount.fixed:
                # OpenCV warps four channels twice as fast as three.
                self._scenery = cv2.cvtColor(self._scenery, cv2.COLOR_BGR2BGRA)
        if self._mount.fixed:
            return self._scenery.copy()
        wide = self._scenery_lens
        # Turning on the spot is a homography between pictures, so walls and crowd pan rightly too.
        mapping = wide.matrix @ wide.rotation @ lens.rotation.T @ np.linalg.inv(lens.matrix)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpPerspective(self._scenery, mapping, (self.width, self.height), flags=flags)
        return cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR)

    def _panorama(self) -> Lens:
        """The view the scenery is painted in: the camera's own, or one wide enough for its whole pan."""
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
            lens = self._mount.lens(end / self._mount.tick_rate, self.width, self.height)
            rays = np.array([[x, y, 1.0] for x in (0, self.width) for y in (0, self.height)])
            directions = rays @ np.linalg.inv(lens.matrix).T @ lens.rotation
            corners.append(probe.project(self._mount.position + directions)[0])
        reach = np.abs(np.concatenate(corners)).max(0)
        pad = 0.06 * self.height
        return Lens(
            self._mount.position, rotation, middle.focal, 2 * int(reach[0] + pad), 2 * int(reach[1] + pad * 2)
        )

    def _room(self) -> tuple[float, float, float, float]:
        """The hall's walls (x0, y0, x1, y1), with room for the camera."""
        court, where = self.game.court, self._mount.position
        rng = stream(self.look.plank_seed, LOOK_STREAM)
        ends, sides = rng.uniform(3.0, 7.0, 2), rng.uniform(3.5, 8.0, 2)
        left = -court.length / 2 if not court.half else -2.5
        return (
            min(left - ends[0], where[0] - 1.5),
            min(-court.width / 2 - sides[0], where[1] - 1.5),
            max(court.length / 2 + ends[1], where[0] + 1.5),
            max(court.width / 2 + sides[1], where[1] + 1.5),
        )

    def _add_noise(self, picture: np.ndarray, time: float) -> None:
        if self._noise is None:
            rng = np.random.default_rng(self._noise_seed)
            size = (2, NOISE_TILES, self.height, self.width, 1)
            grain = np.abs(rng.normal(0, self.look.noise, size)).clip(0, 60).astype(np.uint8)
            self._noise = np.repeat(grain, 3, axis=-1)
        tick = round(time * 1000)
        cv2.add(picture, self._noise[0, (tick * 7 + 3) % NOISE_TILES], dst=picture)
        cv2.subtract(picture, self._noise[1, (tick * 5 + 1) % NOISE_TILES], dst=picture)
