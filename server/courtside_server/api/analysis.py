"""AnalysisService: shooters and what is kept of them, comparisons of forms, the map of galleries, skills."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

import grpc
import numpy as np
import structlog
from numpy.typing import NDArray

from courtside.names import parse_game
from courtside.records import to_message
from courtside.shot_poses import ShotPoses
from courtside.timestamps import to_timestamp
from courtside.v1 import analysis_pb2, analysis_pb2_grpc
from courtside_server.api.skills import SkillsService
from courtside_server.errors import BadRequest, CourtsideError, EngineUnavailable, ModelNotFound, NotEnoughShots
from courtside_server.inference.engine import Engine
from courtside_server.players.comparison import Comparison, baseline_of, compare
from courtside_server.players.drift import OwnShots
from courtside_server.players.embedding_map import FEWEST, FEWEST_TSNE, MOST, pca, tsne
from courtside_server.players.fingerprint import FingerprintModel
from courtside_server.players.form import Form, form_of, torso_cm
from courtside_server.players.form_config import FormConfig
from courtside_server.players.gallery import EnrolledShooter, Galleries, GalleryShot, NewShot
from courtside_server.players.shot_forms import forms_of

log = structlog.get_logger(__name__)

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any] | None"
"""Nothing is read of it: HTTP has none."""
MAX_ENROLLED_AT_ONCE = 200
"""Shots of one request."""


class AnalysisService(analysis_pb2_grpc.AnalysisServiceServicer):
    """Serves the galleries.

    The fingerprint model is started when it is first needed. Measuring and the disk run in threads, the model in the
    engine; a new model version embeds the kept shots again at the next call.

    Every method raises errors of ``courtside_server.errors``; serve it behind ``StatusInterceptor``.

    Args:
        galleries: loaded ones.
        engine: a started engine.
        config: the model's name, and limits.
        timeout: seconds that an answer of the model may take.
        skills: estimates skills; None: EstimateSkills is not served.
    """

    def __init__(
        self, galleries: Galleries, engine: Engine, config: FormConfig, timeout: float,
        skills: SkillsService | None = None,
    ) -> None:  # fmt: skip
        self._skills = skills
        self._galleries, self._engine, self._config, self._timeout = galleries, engine, config, timeout
        self._starting = asyncio.Lock()

    async def EnrollShooter(
        self, request: analysis_pb2.EnrollShooterRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> analysis_pb2.EnrollShooterResponse:
        """Enroll a shooter, or add shots to one. All shots are kept, or none."""
        if not 1 <= len(request.shots) <= MAX_ENROLLED_AT_ONCE:
            raise BadRequest(
                f"the request has {len(request.shots)} shots; send 1 to {MAX_ENROLLED_AT_ONCE}", field="shots"
            )
        model = await self._model()
        height = request.height_cm or None
        poses = [await asyncio.to_thread(self._poses, one) for one in request.shots]
        forms = [await asyncio.to_thread(form_of, one, self._config, height) for one in poses]
        embeddings = await self._embed(model, [form.inputs for form in forms])
        shots = [
            NewShot(one, form.motion.gather / one.playback_speed, embedding)
            for one, form, embedding in zip(poses, forms, embeddings, strict=True)
        ]
        shooter = await asyncio.to_thread(
            self._galleries.enroll, request.name, shots, model.version, add=request.add, height_cm=height
        )
        return analysis_pb2.EnrollShooterResponse(shooter=self._summary(shooter))

    async def ListShooters(
        self, request: analysis_pb2.ListShootersRequest, context: _Context
    ) -> analysis_pb2.ListShootersResponse:
        """List everybody who is enrolled, by name."""
        await asyncio.to_thread(self._galleries.load)
        shooters = [self._summary(shooter) for shooter in self._galleries.shooters.values()]
        return analysis_pb2.ListShootersResponse(shooters=shooters)

    async def RemoveShooter(
        self, request: analysis_pb2.RemoveShooterRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> analysis_pb2.RemoveShooterResponse:
        """Erase everything that is kept of a shooter."""
        return analysis_pb2.RemoveShooterResponse(shots=await asyncio.to_thread(self._galleries.remove, request.name))

    async def ExportShooter(
        self, request: analysis_pb2.ExportShooterRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[analysis_pb2.ExportShooterResponse]:
        """Send everything that is kept of a shooter, shot by shot."""
        await asyncio.to_thread(self._galleries.load)
        shooter = self._galleries.find(request.name)
        summary: analysis_pb2.ShooterSummary | None = self._summary(shooter)
        for shot in shooter.shots:
            message = await asyncio.to_thread(_shot_message, shot)
            yield analysis_pb2.ExportShooterResponse(shooter=summary, shot=message)
            summary = None

    async def CompareForm(
        self, request: analysis_pb2.CompareFormRequest, context: _Context
    ) -> analysis_pb2.CompareFormResponse:
        """Compare a shot with another one or with a shooter's baseline."""
        poses = await asyncio.to_thread(self._poses, request.shot)
        reference = request.WhichOneof("reference")
        if reference == "other":
            other = await asyncio.to_thread(self._poses, request.other)
            found = await asyncio.to_thread(self._compare_shots, poses, other)
            return comparison_message(found)
        if reference != "shooter":
            raise BadRequest("the request has nothing to compare with; set other or shooter", field="reference")
        await asyncio.to_thread(self._galleries.load)
        shooter = self._galleries.find(request.shooter)
        if len(shooter.shots) < self._config.min_shots:
            raise NotEnoughShots(
                f"{shooter.name!r} has {len(shooter.shots)} good shots, a baseline needs {self._config.min_shots}: "
                "enroll more", shooter=shooter.name,
            )  # fmt: skip
        model = await self._model()
        shooter = self._galleries.find(request.shooter)  # as the model that answers now has embedded him
        found = await asyncio.to_thread(self._compare_with, poses, shooter)
        embedding = (await self._embed(model, [found.shot.inputs]))[0]
        message = comparison_message(found)
        vectors = np.stack([shot.embedding[model.who] for shot in shooter.shots if shot.model == model.version])
        own = await asyncio.to_thread(OwnShots.of, vectors, self._config)
        if own is not None:
            message.baseline_distance = own.distance(embedding[model.who], self._config)
        return message

    async def GetEmbeddingMap(
        self, request: analysis_pb2.GetEmbeddingMapRequest, context: _Context
    ) -> analysis_pb2.GetEmbeddingMapResponse:
        """Map the shots of all galleries; of too many, evenly chosen ones."""
        await asyncio.to_thread(self._galleries.load)
        model = await self._model()
        shots = [
            (shooter.name, shot.poses.shot_id, shot.embedding[model.who])
            for shooter in self._galleries.shooters.values() for shot in shooter.shots if shot.model == model.version
        ]  # fmt: skip
        if len(shots) < FEWEST:
            raise NotEnoughShots(f"a map needs {FEWEST} shots, {len(shots)} are enrolled: enroll more")
        shots = [shots[index] for index in np.linspace(0, len(shots) - 1, min(MOST, len(shots))).round().astype(int)]
        enough = len(shots) >= FEWEST_TSNE
        points = await asyncio.to_thread(tsne if enough else pca, np.stack([vector for _, _, vector in shots]))
        return analysis_pb2.GetEmbeddingMapResponse(
            method=analysis_pb2.MAP_METHOD_TSNE if enough else analysis_pb2.MAP_METHOD_PCA,
            points=[
                analysis_pb2.MapPoint(x=float(x), y=float(y), shooter=name, shot_id=shot_id)
                for (name, shot_id, _), (x, y) in zip(shots, points, strict=True)
            ],
        )

    async def EstimateSkills(
        self, request_iterator: AsyncIterator[analysis_pb2.EstimateSkillsRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[analysis_pb2.EstimateSkillsResponse]:  # fmt: skip
        """Estimate a player's skills from a film, and count what a game's events show of the player."""
        if self._skills is None:
            raise ModelNotFound("this gateway estimates no skills")
        async with contextlib.aclosing(self._skills.estimate(request_iterator)) as responses:
            async for response in responses:
                yield response

    async def embed_again(self) -> None:
        """Embed the kept shots again where another model version has embedded them; without shots it does nothing.

        Until then these shots recognise nobody.
        """
        if self._galleries.shooters:
            try:
                await self._model()
            except CourtsideError as error:  # the next call tries again, and its caller gets the error
                log.warning("the shots of enrolled shooters cannot be embedded", error=error.message)

    # ---- the model -----------------------------------------------------------------------------------------------

    async def _model(self) -> FingerprintModel:
        """The fingerprint model, started if necessary, after which every kept shot has an embedding of its version."""
        async with self._starting:
            try:
                model = FingerprintModel(self._engine, self._config.model, self._timeout)
            except (ModelNotFound, EngineUnavailable):
                await self._engine.start([self._config.model])
                model = FingerprintModel(self._engine, self._config.model, self._timeout)
            await asyncio.to_thread(self._galleries.load)
            await self._embed_again(model)
            return model

    async def _embed_again(self, model: FingerprintModel) -> None:
        """Embed the shots that another version has embedded; one without a motion for this version stays out."""
        stale = [
            shot for shooter in self._galleries.shooters.values() for shot in shooter.shots
            if shot.model != model.version
        ]  # fmt: skip
        for start in range(0, len(stale), model.batch):
            found = await asyncio.to_thread(self._inputs, stale[start : start + model.batch])
            if found:
                embeddings = await self._embed(model, list(found.values()))
                await asyncio.to_thread(self._galleries.replace_embeddings, list(found), embeddings, model.version)

    async def _embed(self, model: FingerprintModel, inputs: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(inputs), model.batch):
            request = model.request(np.stack(inputs[start : start + model.batch]))
            answer = await self._engine.infer(request.model, request.inputs, timeout=request.timeout)
            parts.append(request.parse(answer))
        return np.concatenate(parts)

    # ---- work in threads -----------------------------------------------------------------------------------------

    def _poses(self, reference: analysis_pb2.ShotReference) -> ShotPoses:
        kind = reference.WhichOneof("shot")
        if kind == "poses":
            return ShotPoses.from_proto(reference.poses)
        if kind == "game_shot":
            return self._galleries.game_shot(parse_game(reference.game_shot.game), reference.game_shot.event_id)
        raise BadRequest("a shot is empty; set game_shot or poses", field="shot")

    def _inputs(self, shots: Sequence[GalleryShot]) -> dict[int, NDArray[np.float32]]:
        """The model's input for each shot by its number; a shot in which no motion is found any more is left out."""
        found = {}
        for shot in shots:
            with contextlib.suppress(BadRequest):
                found[shot.number] = form_of(shot.poses, self._config).inputs
        return found

    def _compare_shots(self, poses: ShotPoses, other: ShotPoses) -> Comparison:
        form = form_of(poses, self._config)
        baseline = baseline_of([form_of(other, self._config)])
        return compare(form, baseline, torso_cm(form, poses, None), self._config)

    def _compare_with(self, poses: ShotPoses, shooter: EnrolledShooter) -> Comparison:
        form: Form = form_of(poses, self._config, shooter.height_cm)
        baseline = baseline_of(forms_of(shooter, self._config))
        return compare(form, baseline, torso_cm(form, poses, shooter.height_cm), self._config)

    def _summary(self, shooter: EnrolledShooter) -> analysis_pb2.ShooterSummary:
        count, config = len(shooter.shots), self._config
        advice = ""
        if count < config.min_shots:
            needed = config.min_shots
            advice = f"{needed} shots are needed to recognise a shooter: enroll {needed - count} more"
        elif count < config.min_drift_shots:
            needed = config.min_drift_shots
            advice = f"{needed} shots are needed to watch a form: enroll {needed - count} more"
        return analysis_pb2.ShooterSummary(
            name=shooter.name, shots=count, height_cm=shooter.height_cm or 0.0,
            enrolled=to_timestamp(shooter.enrolled), model=shooter.shots[-1].model if shooter.shots else "",
            advice=advice,
        )  # fmt: skip


def comparison_message(found: Comparison) -> analysis_pb2.CompareFormResponse:
    """The message of a comparison."""
    shot, baseline = found.shot, found.baseline
    message = analysis_pb2.CompareFormResponse(
        frames=len(found.difference), horizontal=_numbers(found.difference[..., 0]),
        vertical=_numbers(found.difference[..., 1]), torso_cm=found.torso_cm or 0.0,
        shot_joints=_numbers(shot.joints), reference_joints=_numbers(baseline.joints), shot_elbow=_numbers(shot.elbow),
        reference_elbow=_numbers(baseline.elbow), shot_knee=_numbers(shot.knee), reference_knee=_numbers(baseline.knee),
        reference_shots=baseline.shots, warning=found.warning,
    )  # fmt: skip
    to_message(shot.measures, message.shot)
    to_message(baseline.measures, message.reference)
    return message


def _numbers(values: NDArray[np.floating]) -> list[float]:
    numbers: list[float] = values.ravel().tolist()
    return numbers


def _shot_message(shot: GalleryShot) -> analysis_pb2.GalleryShot:
    return analysis_pb2.GalleryShot(
        poses=shot.poses.to_proto(), gather=shot.gather, release=shot.poses.release, added=to_timestamp(shot.added),
        model=shot.model, embedding=shot.embedding.tolist(),
    )  # fmt: skip
