"""Options without sense are refused; what is sent follows from source and options."""

from __future__ import annotations

from fractions import Fraction

import pytest

from courtside.media import SourceInfo
from courtside.v1 import ingest_pb2
from courtside_client.errors import BadOption
from courtside_client.options import Mode, Pace, PassThrough, Plan, StreamOptions, plan_stream
from courtside_client.sources import open_source
from courtside_client.wire import descriptor_request


@pytest.mark.parametrize(
    ("film", "options", "passes"),
    [
        ("plain", {}, True),
        ("plain", {"passthrough": PassThrough.NEVER}, False),
        ("plain", {"codec": "jpeg"}, False),
        ("reordered", {}, False),
        ("reordered", {"pace": Pace.MAX}, True),
        ("reordered", {"mode": Mode.FILM}, True),
        ("reordered", {"passthrough": PassThrough.ALWAYS}, True),
        ("mpeg4", {"pace": Pace.MAX}, False),
    ],
)
def test_pass_through_where_it_costs_no_delay(request, film, options, passes):
    source = open_source(str(request.getfixturevalue(film)))
    plan = plan_stream(source.info, StreamOptions(**options))
    assert plan.passthrough is passes
    assert plan.codec == (ingest_pb2.CODEC_JPEG if options.get("codec") else ingest_pb2.CODEC_H264)


def test_what_cannot_pass_through_is_a_clear_error(mpeg4):
    source = open_source(str(mpeg4))
    with pytest.raises(BadOption, match=r"cannot be passed through \(its codec is mpeg4\)"):
        plan_stream(source.info, StreamOptions(passthrough=PassThrough.ALWAYS))


@pytest.mark.parametrize(
    "options",
    [{"duration": 0}, {"duration": float("nan")}, {"time_scale": 0}, {"epoch": 0}, {"codec": "mjpg"},
     {"retry_for": -1}, {"codec": "h264", "passthrough": PassThrough.ALWAYS}],
)
def test_options_without_sense_are_refused(options):
    with pytest.raises(BadOption):
        StreamOptions(**options)


def test_a_live_source_cannot_be_looped_or_hurried():
    info = SourceInfo("0", 640, 480, 30, Fraction(1, 1000), 0, live=True)
    for options in ({"loop": True}, {"pace": Pace.MAX}):
        with pytest.raises(BadOption, match="is live"):
            plan_stream(info, StreamOptions(**options))


@pytest.mark.parametrize(("label", "sent"), [(30.0, 30.0), (90_000.0, 0.0), (0.001, 0.0), (0.0, 0.0)])
def test_a_frame_rate_that_no_camera_can_have_is_not_announced(label, sent):
    info = SourceInfo("rtsp://camera", 640, 480, label, Fraction(1, 90_000), 0, live=True)
    plan = Plan(False, ingest_pb2.CODEC_JPEG, "jpeg", "")
    request = descriptor_request("games/g/cameras/c", info, plan, (640, 480), StreamOptions(), "")
    assert request.stream.frame_rate == sent


@pytest.mark.parametrize("when", [0.0, -5.0, float("nan"), 253_402_300_799.0])
def test_a_film_start_that_the_gateway_would_not_believe_is_refused(when):
    with pytest.raises(BadOption, match="film-start"):
        StreamOptions(film_start=when)
