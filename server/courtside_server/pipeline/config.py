"""Settings of one camera's pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from courtside_server.court.config import CourtConfig
from courtside_server.perception.config import TrackingConfig
from courtside_server.players.config import PlayersConfig
from courtside_server.shots.criteria import ShotCriteria
from courtside_server.shots.detector import Profile


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """Settings of one camera's pipeline.

    Attributes:
        profile: which window models find shots.
        clip_hop: samples of 0.3 s between the starts of two clip windows.
        clip_queue: clip windows that wait for the model.
        detector_fps: detector frames per real second, at most.
        detector_queue: detector frames that wait for the detector.
        retry_s: film: pause before an unavailable engine or log is tried again, seconds.
        stop_s: how long :meth:`CameraPipeline.stop` waits for the worker, before and after it gives up waiting for
            engine and log, seconds.
        recovered_after: after a fault of the shot path the camera is DEGRADED until so long without one, media seconds.
        estimate_speed: film whose speed nobody declared: each scene's is estimated before shots are looked for in it.
        criteria: what counts as a shot.
        tracking: what is detected and tracked.
        court: when and how a court that nobody calibrated is recognised.
        players: what is read of players.
        follow: x, y, width, height in pixels of the first frame: of all players only this one is read; None: all are.
    """

    profile: Profile = Profile.CLIP
    clip_hop: int = 1
    clip_queue: int = 16
    detector_fps: float = 15.0
    detector_queue: int = 8
    retry_s: float = 0.5
    stop_s: float = 5.0
    recovered_after: float = 3.0
    estimate_speed: bool = False
    criteria: ShotCriteria = ShotCriteria()
    tracking: TrackingConfig = TrackingConfig()
    court: CourtConfig = CourtConfig()
    players: PlayersConfig = PlayersConfig()
    follow: tuple[float, float, float, float] | None = None
