"""Encoders give one packet for each picture, and a keyframe when it is wanted."""

from __future__ import annotations

import av
import numpy as np
import pytest
from client_support import produced

from courtside_client.encode import make_encoder
from courtside_client.options import Pace
from courtside_client.sources import open_source


@pytest.mark.parametrize("codec", ["h264", "jpeg", "raw"])
@pytest.mark.parametrize("film", ["plain", "reordered", "mpeg4"])
def test_encoding_gives_one_packet_a_picture_in_showing_order(request, film, codec):
    source = open_source(str(request.getfixturevalue(film)))
    encoder = make_encoder(codec, source.info.width, source.info.height, source.info.frame_rate)
    frames, _ = produced(source, encoder, pace=Pace.MAX)
    assert len(frames) == 60 and frames[0].keyframe
    assert [frame.pts for frame in frames] == sorted({frame.pts for frame in frames})
    assert all(frame.data for frame in frames)


def test_a_keyframe_is_made_when_it_is_asked_for():
    encoder = make_encoder("h264", 64, 48, 30)
    picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
    kinds = [encoder.encode(picture, keyframe=index == 7).keyframe for index in range(10)]
    assert [index for index, key in enumerate(kinds) if key] == [0, 7]
