"""Passwords, tokens and stream keys are in no output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtside.errors import SourceError, SourceFailure, SourceLost
from courtside.redact import redact

SECRET = st.text(st.characters(codec="utf-8", exclude_characters="…"), min_size=6, max_size=20)
WORD = st.text("QXZJVqxzjv0123456789-_", min_size=8, max_size=24)
SCHEME = st.sampled_from(["rtsp", "rtsps", "rtmp", "http", "https", "srt", "udp", "RTSP", "nosuch", "s3+x"])


@given(SCHEME, SECRET)
def test_no_password_is_shown_whatever_its_characters(scheme, secret):
    shown = redact(f"{scheme}://op:{secret}@127.0.0.1:554/cam")
    assert shown == f"{scheme}://…@127.0.0.1:554/cam"


@given(SCHEME, WORD, st.sampled_from(["?key={}", "?a=1&token={}", "#{}", "user=op&password={}&channel=1"]))
def test_no_secret_of_query_or_path_is_shown(scheme, secret, place):
    shown = redact(f"cannot open {scheme}://10.0.0.5/cam/{place.format(secret)}: refused")
    assert secret not in shown and "10.0.0.5/cam/" in shown


@given(st.sampled_from(["rtmp", "rtmps", "RTMP"]), WORD, WORD)
def test_no_stream_key_is_shown(scheme, key, more):
    shown = redact(f"{scheme}://127.0.0.1:9/live/{key}/{more}")
    assert shown == f"{scheme}://127.0.0.1:9/live/…"


@given(SCHEME, SECRET, WORD)
def test_what_was_redacted_stays_as_it_is(scheme, secret, word):
    shown = redact(f"{scheme}://op:{secret}@host/{word}?{word}")
    assert redact(shown) == shown


@given(SECRET)
def test_errors_hide_them_in_message_and_fields(secret):
    address = f"rtsp://op:{secret}@127.0.0.1:9/x"
    for error in (SourceError, SourceLost):
        failed = error(f"{address}: refused", address, failure=SourceFailure.REFUSED)
        assert failed.source == failed.fields["source"] == "rtsp://…@127.0.0.1:9/x"
        assert failed.message == "rtsp://…@127.0.0.1:9/x: refused"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://op:s3cret@[::1/x", "rtsp://…@[::1/x"),
        ("rtsp://127.0.0.1:s3cret/x", "rtsp://127.0.0.1:…/x"),
        ("rtsp://[::1]:554/Streaming/Channels/101", "rtsp://[::1]:554/Streaming/Channels/101"),
        ("rtsps://10.0.0.5:7441/aB3dE5fG7hI9kL1m", "rtsps://10.0.0.5:7441/…"),
        ("sim://1?camera=broadcast", "sim://1?camera=broadcast"),
        ("film.mp4", "film.mp4"),
        ("two: rtsp://a:b@h/x, http://c:d@i/y.", "two: rtsp://…@h/x, http://…@i/y."),
    ],
)
def test_what_people_need_to_see_stays(address, shown):
    assert redact(address) == shown
