"""The golden messages: one example of every message on the wire, as JSON and as bytes beside this file.

They pin the wire contract: a renamed, renumbered or retyped field makes ``test_golden.py`` fail. After an intended
change, ``python tests/golden/examples.py`` rewrites the files.
"""

from __future__ import annotations

from pathlib import Path

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from courtside.v1 import analysis_pb2 as analysis
from courtside.v1 import common_pb2 as common
from courtside.v1 import court_pb2 as court
from courtside.v1 import events_pb2 as events
from courtside.v1 import games_pb2 as games
from courtside.v1 import ingest_pb2 as ingest
from courtside.v1 import players_pb2 as players

FOLDER = Path(__file__).parent
GAME = "games/final"
CAMERA = "games/final/cameras/left"
CAPTURED = Timestamp(seconds=1_700_000_012, nanos=345_678_000)
LOG = "0123456789abcdef0123456789abcdef"
APPENDED = Timestamp(seconds=1_700_000_013, nanos=1_000)


def shot_event() -> events.Event:
    """A provisional shot as the gateway publishes it."""
    return events.Event(
        game=GAME,
        sequence=17,
        event_id="left-0-41",
        revision=1,
        lifecycle=events.LIFECYCLE_PROVISIONAL,
        camera=CAMERA,
        event_time=CAPTURED,
        media_offset=12.3,
        append_time=APPENDED,
        shot=events.Shot(
            probability=0.9375,
            release_uncertainty=0.15,
            zone=common.ZONE_LEFT_WING_THREE_POINTER,
            zone_probabilities=[0.0, 0.125, 0.0, 0.0, 0.75, 0.125, 0.0],
            zone_source=common.SOURCE_MODEL,
            points=3,
            make_probability=0.4375,
            model="shot_clip:1",
            windows_agreeing=3,
            windows_covering=8,
        ),
    )


def complete_shot_event() -> events.Event:
    """A confirmed shot with every field set."""
    event = shot_event()
    event.sequence, event.revision, event.lifecycle = 18, 2, events.LIFECYCLE_CONFIRMED
    event.session, event.media_segment = "0123456789abcdef0123456789abcdef", 2
    event.shot.result = common.SHOT_RESULT_MADE
    event.shot.shooter_track_id = 0
    event.shot.type, event.shot.type_probability = common.SHOT_TYPE_STEP_BACK, 0.75
    event.shot.court_x, event.shot.court_y = -6.25, 0.0
    event.shot.interrupted = True
    event.shot.arc.CopyFrom(
        events.BallArc(release_angle_degrees=52.5, entry_angle_degrees=0.0, apex_metres=1.75, uncertainty_degrees=1.25)
    )
    event.shot.rim_crossing.CopyFrom(
        events.RimCrossing(
            depth_inches=11.5, side_inches=0.0, entry_angle_degrees=45.5, uncertainty_inches=1.5,
            entry_uncertainty_degrees=2.25,
        )
    )
    event.shot.playback_speed, event.shot.replay_of = 0.5, "left-0-40"
    event.shot.form.CopyFrom(shot_form())
    event.shot.identity.CopyFrom(events.Shooter(name="Anna", probability=0.875, baseline_distance=0.5))
    event.shot.jersey.CopyFrom(JERSEY)
    views = [(CAMERA, 12.3, 0, 0), (f"{GAME}/cameras/right", 5.25, 1, 3)]
    for camera, offset, segment, player in views:
        event.shot.views.append(
            events.ShotView(
                camera=camera, event_time=CAPTURED, media_offset=offset, session="0123456789abcdef0123456789abcdef",
                media_segment=segment, lifecycle=events.LIFECYCLE_CONFIRMED, probability=0.9375,
                result=common.SHOT_RESULT_MADE, make_probability=0.75, shooter_track_id=player,
            )
        )
    return event


def shot_form() -> events.ShotForm:
    """The form of a shot with every measure."""
    return events.ShotForm(
        tempo_seconds=0.875, arm=events.ARM_RIGHT, seen=0.9375, release_height_torsos=4.25, release_height_cm=212.5,
        set_elbow_degrees=82.5, set_knee_degrees=121.0, release_elbow_degrees=161.5, release_knee_degrees=174.0,
        release_height_estimated=True,
    )  # fmt: skip


def form_alert_event() -> events.Event:
    """An alert after two shots that were unlike the shooter's own."""
    return events.Event(
        game=GAME, sequence=20, event_id="form-left-0-41", revision=1, lifecycle=events.LIFECYCLE_CONFIRMED,
        camera=CAMERA, event_time=CAPTURED, media_offset=12.3, append_time=APPENDED,
        form_alert=events.FormAlert(
            shooter="Anna", event_ids=["left-0-40", "left-0-41"], statistic=4.25, limit=3.0,
            joints=[events.JointDeviation(joint="right_elbow", horizontal_torsos=0.125, vertical_torsos=-0.0625)],
        ),
    )  # fmt: skip


def shot_poses() -> analysis.ShotPoses:
    """Two frames of a shot's keypoints (the wire takes any number; the service wants at least eight)."""
    return analysis.ShotPoses(
        times=[11.5, 12.0], keypoints=[0.5] * (2 * 17 * 4), heights=[210.0, 208.5], release=12.0, camera=CAMERA,
        pixels_per_metre=105.5, shot_id="left-0-41", playback_speed=2.0,
    )  # fmt: skip


def shooter_summary() -> analysis.ShooterSummary:
    """A shooter with one shot."""
    return analysis.ShooterSummary(
        name="Anna", shots=1, height_cm=188.0, enrolled=APPENDED, model="shot_fingerprint:2",
        advice="3 shots are needed to recognise a shooter: enroll 2 more",
    )  # fmt: skip


def game_shot() -> analysis.ShotReference:
    """A shot of a game."""
    return analysis.ShotReference(game_shot=analysis.GameShot(game=GAME, event_id="left-0-41"))


def camera_status_event() -> events.Event:
    """The status of a camera whose media time jumped back."""
    return events.Event(
        game=GAME,
        sequence=19,
        event_id="left-status-1",
        revision=1,
        lifecycle=events.LIFECYCLE_CONFIRMED,
        camera=CAMERA,
        event_time=CAPTURED,
        append_time=APPENDED,
        camera_status=events.CameraStatus(
            state=events.CAMERA_STATE_DISCONTINUITY, detail="media time went back by 3.2 s; trackers were reset"
        ),
    )


def player_event(event: events.Event) -> events.Event:
    """An event of what a player does, with the fields that all events have."""
    common_fields = events.Event(
        game=GAME, sequence=20, event_id="left-player-1", revision=1, lifecycle=events.LIFECYCLE_CONFIRMED,
        camera=CAMERA, event_time=CAPTURED, media_offset=12.5, append_time=APPENDED,
    )
    common_fields.MergeFrom(event)
    return common_fields


def calibration() -> court.Calibration:
    """A calibration of half a FIBA court by four point pairs."""
    point_pairs = [
        (211.5, 318.0, 14.0, 7.5, "basket 0: corner, left"),
        (1098.25, 322.5, 14.0, -7.5, "basket 0: corner, right"),
        (1270.0, 700.75, 0.0, -7.5, ""),
        (12.0, 694.0, 0.0, 7.5, ""),
    ]
    points = [
        court.CalibrationPoint(pixel_x=u, pixel_y=v, court_x=x, court_y=y, label=label)
        for u, v, x, y, label in point_pairs
    ]
    return court.Calibration(court=court.COURT_KIND_FIBA, width=1280, height=720, points=points)


def calibration_fit() -> court.CalibrationFit:
    """A homography whose numbers are exact in JSON and in bytes."""
    return court.CalibrationFit(
        rms_error=0.0625, homography=[0.0, -0.0625, 32.0, -0.03125, 0.0, 20.0, 0.0, 0.0009765625, 1.0]
    )


def skill_estimate() -> analysis.SkillEstimate:
    """One skill of a highlight that was assembled, and counts."""
    return analysis.SkillEstimate(
        skills=[
            analysis.SkillLevel(
                skill="Fouls", group="Defense", probabilities=[0.125, 0.125, 0.5, 0.125, 0.125], expected_level=2.0
            )
        ],
        not_enough_film="not both in one answer",
        caution="worth little",
        film_seconds=540.0,
        frames=64,
        model="player_skills:1",
        ranges=[analysis.TimeRange(start=2.0, end=12.0)],
        statistics=analysis.PlayerStatistics(
            camera=CAMERA, session="5e1f", track_id=7, name="Anna", attempts=5, made=3, unknown_result=1, free_throws=2,
            free_throws_made=1, points=8,
            zones=[
                analysis.ZoneShots(zone=common.ZONE_MIDDLE_THREE_POINTER, attempts=5, made=3, unknown_result=1)
            ],
            passes=4, assists=2, offensive_rebounds=1, defensive_rebounds=3, unknown_rebounds=1, steals=1, turnovers=2,
            possessions=12, ball_seconds=48.5,
        ),
    )  # fmt: skip


JERSEY = players.Jersey(number="12", agreement=0.9375, readings=15, name="Ida Holm", team="Hawks")

def shot_facts() -> games.ShotFacts:
    """What a person corrects, with every field set."""
    return games.ShotFacts(
        happened=True, result=common.SHOT_RESULT_MISSED, type=common.SHOT_TYPE_LAYUP, points=2, court_x=8.25,
        court_y=-3.5, team=games.SIDE_AWAY, number="00",
    )


def game_state() -> games.GameState:
    """A game with every field set."""
    return games.GameState(
        home=games.Team(
            name="Lakeside", short_name="LAK", colour="#c8102e",
            players=[games.RosterPlayer(number="00", name="Anna Berg")],
        ),
        away=games.Team(name="Hilltop"),
        format=games.GameFormat(periods=4, period_seconds=600.0, overtime_seconds=300.0),
        clock=games.GameClock(period=2, remaining_seconds=431.5, running=True, set_time=APPENDED, set_by="Kim"),
        home_score=38, away_score=41, home_adjustment=1, away_adjustment=-1, unassigned_points=2, home_basket=1,
        title="Final",
    )


def game_state_event() -> events.Event:
    """A game's state as it lies in the log."""
    return events.Event(
        game=GAME, sequence=18, event_id="game", revision=3, lifecycle=events.LIFECYCLE_CONFIRMED,
        event_time=APPENDED, append_time=APPENDED, game_state=game_state(),
    )


def corrected_shot_event() -> events.Event:
    """A shot that a person has corrected, in a game with a clock."""
    event = shot_event()
    event.shot.team, event.shot.awarded_points = games.SIDE_AWAY, 2
    event.correction.CopyFrom(games.Correction(
        steps=[games.CorrectionStep(by="Kim", time=APPENDED, facts=shot_facts(), comment="a pass first")],
        by_model=games.ShotFacts(result=common.SHOT_RESULT_MADE),
    ))
    event.game_time.CopyFrom(games.GameTime(period=2, remaining_seconds=431.5, home_score=38, away_score=41))
    return event


EXAMPLES: dict[str, Message] = {
    "event.game_state": game_state_event(),
    "event.corrected": corrected_shot_event(),
    "set_game_request": games.SetGameRequest(
        game=GAME, title="Final", home=game_state().home, away=game_state().away, format=game_state().format,
        home_basket=1,
    ),
    "set_game_response": games.SetGameResponse(state=game_state()),
    "get_game_request": games.GetGameRequest(game=GAME),
    "get_game_response": games.GetGameResponse(state=game_state()),
    "list_games_request": games.ListGamesRequest(),
    "list_games_response": games.ListGamesResponse(
        games=[games.GameSummary(game=GAME, title="Final", high_water_mark=18, state=game_state())]
    ),
    "set_clock_request": games.SetClockRequest(game=GAME, period=2, remaining_seconds=431.5, running=True, by="Kim"),
    "set_clock_response": games.SetClockResponse(state=game_state()),
    "adjust_score_request": games.AdjustScoreRequest(game=GAME, side=games.SIDE_HOME, points=-1, by="Kim"),
    "adjust_score_response": games.AdjustScoreResponse(state=game_state()),
    "correct_shot_request": games.CorrectShotRequest(
        game=GAME, event_id="left-0-41", facts=shot_facts(), by="Kim", comment="a pass first", revision=3
    ),
    "correct_shot_response": games.CorrectShotResponse(sequence=19, revision=4),
    "undo_correction_request": games.UndoCorrectionRequest(game=GAME, event_id="left-0-41", by="Kim"),
    "undo_correction_response": games.UndoCorrectionResponse(sequence=20, revision=5),
    "add_shot_request": games.AddShotRequest(
        camera=CAMERA, media_offset=12.25, session="5e1f", media_segment=1, event_time=CAPTURED, facts=shot_facts(),
        by="Kim", comment="behind the post",
    ),
    "add_shot_response": games.AddShotResponse(event_id="shot-by-hand-1", sequence=21),
    "stream_frames_request.stream": ingest.StreamFramesRequest(
        stream=ingest.StreamDescriptor(
            camera=CAMERA,
            codec=ingest.CODEC_H264,
            mode=ingest.STREAM_MODE_FILM,
            width=1280,
            height=720,
            frame_rate=29.97,
            codec_config=bytes.fromhex("0000000167640028"),
            time_base_numerator=1,
            time_base_denominator=90_000,
            first_pts=-3003,
            epoch=7,
            session="0b5c",
            client_time=CAPTURED,
            rotation_degrees=270,
            time_scale=2.0,
            mirrored=True,
        )
    ),
    "stream_frames_request.packet": ingest.StreamFramesRequest(
        packet=ingest.Packet(
            sequence=2**40,
            capture_time=CAPTURED,
            pts=-3003,
            dts=0,
            keyframe=True,
            decode_only=True,
            data=bytes.fromhex("0000000165888400"),
            damaged=True,
        )
    ),
    "stream_frames_request.end": ingest.StreamFramesRequest(end=ingest.EndOfStream()),
    "stream_frames_response.accepted": ingest.StreamFramesResponse(
        accepted=ingest.Accepted(
            session="0b5c",
            next_sequence=41,
            limits=ingest.Limits(
                max_message_bytes=8 * 2**20, max_width=4096, max_height=2304, max_pixels=4096 * 2304
            ),
            server_time=APPENDED,
        )
    ),
    "stream_frames_response.status": ingest.StreamFramesResponse(
        status=ingest.IngestStatus(
            ack_sequence=900,
            lag=Duration(nanos=41_000_000),
            dropped={"stale": 3, "awaiting_keyframe": 11},
            received=901,
            target_fps=15.0,
            request_keyframe=True,
            server_time=APPENDED,
            windows_scored=88,
            done=True,
            decoded=887,
            damaged=5,
        )
    ),
    "event.shot": shot_event(),
    "event.action": player_event(events.Event(action=players.PlayerAction(
        action=players.ACTION_BALL_IN_HAND, confidence=0.75, track_id=7, end_media_offset=13.5,
        model="player_actions:2", jersey=players.Jersey(number="00", agreement=0.875, readings=7),
    ))),
    "event.possession": player_event(events.Event(possession=players.Possession(
        track_id=7, confidence=0.875, end_media_offset=13.5, end=players.POSSESSION_END_PASS, team="A",
        jersey=JERSEY,
    ))),
    "event.play": player_event(events.Event(play=players.Play(
        kind=players.PLAY_KIND_REBOUND, track_id=7, other_track_id=9, confidence=0.75, shot="left-0-41", offensive=True,
        jersey=JERSEY, other_jersey=players.Jersey(number="7", agreement=1.0, readings=4),
    ))),
    "event.shot_complete": complete_shot_event(),
    "event.camera_status": camera_status_event(),
    "subscribe_events_request": events.SubscribeEventsRequest(game=GAME, after_sequence=0, cameras=[CAMERA]),
    "subscribe_events_request.resume": events.SubscribeEventsRequest(
        game=GAME, after_sequence=17, log=LOG, kinds=["shot", "play"]
    ),
    "subscribe_events_request.live_only": events.SubscribeEventsRequest(game=GAME),
    "subscribe_events_response.event": events.SubscribeEventsResponse(event=shot_event()),
    "subscribe_events_response.heartbeat": events.SubscribeEventsResponse(
        heartbeat=events.Heartbeat(
            high_water_mark=17, server_time=APPENDED,
            latency=events.EventLatency(
                announced_p50_seconds=1.5, announced_p95_seconds=1.75, final_p50_seconds=3.5, final_p95_seconds=4.25
            ),
        ), log=LOG,
    ),
    "subscribe_events_response.restart": events.SubscribeEventsResponse(
        restart=events.Restart(reason=events.RESTART_REASON_OTHER_LOG, earliest_sequence=1), log=LOG
    ),
    "list_events_request": events.ListEventsRequest(game=GAME, after_sequence=16, page_size=2, page_token="MSAxNiBn"),
    "list_events_response": events.ListEventsResponse(
        events=[shot_event(), camera_status_event()],
        next_page_token="MSAxOSBn",
        high_water_mark=2**53 + 1,
        earliest_sequence=1,
        log=LOG,
    ),
    "get_event_request": events.GetEventRequest(game=GAME, event_id="left-0-41"),
    "get_event_response": events.GetEventResponse(event=complete_shot_event()),
    "set_calibration_request": court.SetCalibrationRequest(camera=CAMERA, calibration=calibration()),
    "set_calibration_response": court.SetCalibrationResponse(fit=calibration_fit()),
    "get_calibration_request": court.GetCalibrationRequest(camera=CAMERA),
    "get_calibration_response": court.GetCalibrationResponse(calibration=calibration(), fit=calibration_fit()),
    "delete_calibration_request": court.DeleteCalibrationRequest(camera=CAMERA),
    "delete_calibration_response": court.DeleteCalibrationResponse(),
    "event.form_alert": form_alert_event(),
    "enroll_shooter_request": analysis.EnrollShooterRequest(
        name="Anna", shots=[game_shot(), analysis.ShotReference(poses=shot_poses())], add=True, height_cm=188.0
    ),
    "enroll_shooter_response": analysis.EnrollShooterResponse(shooter=shooter_summary()),
    "list_shooters_request": analysis.ListShootersRequest(),
    "list_shooters_response": analysis.ListShootersResponse(shooters=[shooter_summary()]),
    "remove_shooter_request": analysis.RemoveShooterRequest(name="Anna"),
    "remove_shooter_response": analysis.RemoveShooterResponse(shots=1),
    "export_shooter_request": analysis.ExportShooterRequest(name="Anna"),
    "export_shooter_response": analysis.ExportShooterResponse(
        shooter=shooter_summary(),
        shot=analysis.GalleryShot(
            poses=shot_poses(), gather=11.25, release=12.0, added=APPENDED, model="shot_fingerprint:2",
            embedding=[0.5, -0.5],
        ),
    ),
    "compare_form_request": analysis.CompareFormRequest(shot=game_shot(), other=game_shot()),
    "compare_form_request.shooter": analysis.CompareFormRequest(shot=game_shot(), shooter="Anna"),
    "compare_form_response": analysis.CompareFormResponse(
        frames=1, horizontal=[0.125], vertical=[-0.125], torso_cm=52.5, shot_joints=[0.5, 1.0],
        reference_joints=[0.375, 1.125], shot=shot_form(), reference=shot_form(), shot_elbow=[90.0],
        reference_elbow=[88.0], shot_knee=[120.0], reference_knee=[118.0], baseline_distance=0.75, reference_shots=9,
        warning="the views differ",
    ),
    "get_embedding_map_request": analysis.GetEmbeddingMapRequest(),
    "get_embedding_map_response": analysis.GetEmbeddingMapResponse(
        method=analysis.MAP_METHOD_PCA, points=[analysis.MapPoint(x=0.5, y=-1.0, shooter="Anna", shot_id="left-0-41")]
    ),
    "estimate_skills_request": analysis.EstimateSkillsRequest(
        query=analysis.SkillsQuery(
            film_bytes=1_000_000,
            player=analysis.SkillsPlayer(game=GAME, camera=CAMERA, session="5e1f", track_ids=[7, 12]),
        )
    ),
    "estimate_skills_request.shooter": analysis.EstimateSkillsRequest(
        query=analysis.SkillsQuery(player=analysis.SkillsPlayer(game=GAME, shooter="Anna"))
    ),
    "estimate_skills_request.film": analysis.EstimateSkillsRequest(film=b"bytes"),
    "estimate_skills_response.progress": analysis.EstimateSkillsResponse(
        progress=analysis.SkillsProgress(stage=analysis.SKILLS_STAGE_FRAMES, done=0.5)
    ),
    "estimate_skills_response": analysis.EstimateSkillsResponse(estimate=skill_estimate()),
}
"""The examples by file name; the part before the first dot is the message's name."""


def to_json(message: Message) -> str:
    """The text of a golden JSON file."""
    return json_format.MessageToJson(message, indent=2, sort_keys=True) + "\n"


def to_bytes(message: Message) -> bytes:
    """The bytes of a golden binary file."""
    return message.SerializeToString(deterministic=True)


if __name__ == "__main__":
    for old in (*FOLDER.glob("*.json"), *FOLDER.glob("*.binpb")):
        old.unlink()
    for name, message in EXAMPLES.items():
        (FOLDER / f"{name}.json").write_text(to_json(message))
        (FOLDER / f"{name}.binpb").write_bytes(to_bytes(message))
