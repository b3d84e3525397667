"""Forms of shots as they happen: measures, who it is, how far from his baseline, and alerts when a form drifts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from courtside.shot_poses import ShotPoses
from courtside_server.errors import BadRequest
from courtside_server.inference.request import Infer
from courtside_server.players.comparison import baseline_of
from courtside_server.players.drift import DriftMonitor, OwnShots
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.form import Form, form_of, torso_cm
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import EnrolledShooter, Galleries
from courtside_server.players.recognition import recognise
from courtside_server.types import FormAlert, Shooter, ShotForm


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedShot:
    """What is known of a shot by its poses.

    Attributes:
        form: the measures.
        identity: who shot; None where nobody is enrolled with enough shots.
        alert: the shooter's form has drifted with this shot.
        embedding: (D,); None where the model did not answer.
    """

    form: ShotForm
    identity: Shooter | None
    alert: FormAlert | None
    embedding: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is usual of the enrolled shooters, by name; made once for each revision of the galleries."""

    revision: int
    own: Mapping[str, OwnShots]
    shooters: Mapping[str, EnrolledShooter]


def known_of(galleries: Galleries, model: FingerprintModel, config: FormConfig, before: Known | None = None) -> Known:
    """What is usual of every shooter; shots that another model version has embedded do not count.

    Args:
        galleries: loaded ones.
        model: the model that answers now.
        config: limits.
        before: the last answer; what has not changed since is taken from it.
    """
    revision = galleries.revision  # before the shooters: who reads it after them may miss a change
    shooters = {shooter.name: shooter for shooter in galleries.shooters.values()}
    own: dict[str, OwnShots] = {}
    for name, shooter in shooters.items():
        if before is not None and before.shooters.get(name) is shooter:
            if name in before.own:
                own[name] = before.own[name]
            continue
        vectors = [shot.embedding[model.who] for shot in shooter.shots if shot.model == model.version]
        found = OwnShots.of(np.stack(vectors), config) if vectors else None
        if found is not None:
            own[name] = found
    return Known(revision, own, shooters)


def forms_of(shooter: EnrolledShooter, config: FormConfig) -> list[Form]:
    """The forms of a shooter's good shots; one in which no motion is found any more is left out."""
    forms = []
    for shot in shooter.shots:
        with contextlib.suppress(BadRequest):
            forms.append(form_of(shot.poses, config, shooter.height_cm))
    return forms


class ShotForms:
    """Analyses the shots of all cameras. Safe from any thread; it waits for the model, so never on the event loop.

    Args:
        galleries: loaded ones.
        model: the fingerprint model.
        config: limits.
    """

    def __init__(self, galleries: Galleries, model: FingerprintModel, config: FormConfig) -> None:
        self._galleries, self._model, self._config = galleries, model, config
        self._lock = threading.Lock()
        self._known: Known | None = None
        # By name and camera: two cameras see the same shot, and each from its own side.
        self._monitors: dict[tuple[str, str], tuple[EnrolledShooter, DriftMonitor | None]] = {}

    @property
    def version(self) -> str:
        """``name:version`` of the model."""
        return self._model.version

    def analyze(self, infer: Infer, poses: ShotPoses) -> AnalysedShot:
        """Measure a shot, embed it, find who shot it and whether his form has drifted.

        Args:
            infer: runs a request of one camera; gives None where the model does not answer.
            poses: of the shooter; its ``shot_id`` is the shot's event id. A later revision replaces an earlier one.

        Raises:
            BadRequest: no shooting motion is found in the poses; the message says why.
        """
        form = form_of(poses, self._config)
        answer = infer(self._model.request(form.inputs[np.newaxis]))
        if answer is None:
            return AnalysedShot(form.measures, None, None, None)
        embedding = answer[0]
        with self._lock:
            known = self._usual()
            who = embedding[self._model.who]
            identity = recognise(known.own, who, self._config)
            alert = None
            if identity is not None and identity.name:
                monitor = self._monitor(identity.name, poses.camera, known)
                alert = None if monitor is None else monitor.update(poses.shot_id, who, form)
                scale = torso_cm(form, poses, known.shooters[identity.name].height_cm)
                form = replace(form, measures=_scaled(form.measures, scale))
        return AnalysedShot(form.measures, identity, alert, embedding)

    def forget(self, event_id: str) -> None:
        """Leave a shot out of every run that turned out to be none."""
        with self._lock:
            for _, monitor in self._monitors.values():
                if monitor is not None:
                    monitor.forget(event_id)

    def _usual(self) -> Known:
        if self._known is None or self._known.revision != self._galleries.revision:
            self._known = known_of(self._galleries, self._model, self._config, self._known)
            self._monitors = {key: kept for key, kept in self._monitors.items() if key[0] in self._known.own}
        return self._known

    def _monitor(self, name: str, camera: str, known: Known) -> DriftMonitor | None:
        """The monitor of a shooter, a new one after a change of his gallery; None where that is too small."""
        shooter, own = known.shooters[name], known.own[name]
        kept, monitor = self._monitors.get((name, camera), (None, None))
        if kept is not shooter:
            if np.isfinite(own.limit):
                monitor = DriftMonitor(name, own, baseline_of(forms_of(shooter, self._config)), self._config)
            else:
                monitor = None
            self._monitors[name, camera] = shooter, monitor
        return monitor


def _scaled(form: ShotForm, per_torso: float | None) -> ShotForm:
    if form.release_height is None or per_torso is None or form.release_height_cm is not None:
        return form
    return replace(form, release_height_cm=form.release_height * per_torso, release_height_estimated=True)
