"""The drawn film has the film's own frames, times and size, and is there whole or not at all."""

import asyncio
import resource
import subprocess
import sys
import textwrap
import threading

import av
import numpy as np
import pytest
from rich.progress import Progress

from courtside_server.errors import CourtsideError, FilmUnwritable, InputError
from courtside_server.render.encoder import partial_path
from courtside_server.render.film import FilmSource, draw_film, render_film
from courtside_server.render.output_path import output_paths
from courtside_server.render.record import FilmRecord
from courtside_server.types import Lifecycle


def times(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [round(float(frame.pts * stream.time_base), 4) for frame in container.decode(stream)]


def first_pts(path):
    with av.open(str(path)) as container:
        return next(container.decode(container.streams.video[0])).pts


def render(path, out, record=None, rotation=0, mirrored=False, **options):
    source = FilmSource(path, first_pts(path), rotation, mirrored=mirrored)
    return render_film(source, record or FilmRecord(), out, **options)


def test_frames_times_and_size_are_the_films_own_also_at_a_variable_rate(film, tmp_path):
    stamps = [0, 40, 90, 100, 107, 300, 333, 1000, 1001]
    path = film(stamps)
    assert render(path, tmp_path / "out.mp4") == len(stamps)
    assert times(tmp_path / "out.mp4") == [stamp / 1000 for stamp in stamps]
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.pix_fmt) == (320, 240, "yuv420p")
        assert stream.codec_context.name == "h264" and not container.streams.audio


def test_times_count_from_the_first_frame(film, tmp_path):
    path = film([500, 540, 580])
    render(path, tmp_path / "out.mp4")
    assert times(tmp_path / "out.mp4") == pytest.approx([0.0, 0.04, 0.08])


def test_joined_recordings_are_drawn_to_the_end(tmp_path):
    for name in ("a.ts", "b.ts"):
        with av.open(str(tmp_path / name), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for _ in range(50):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((240, 320, 3), 90, np.uint8), "bgr24")))
            container.mux(stream.encode())
    joined = tmp_path / "joined.ts"
    joined.write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    assert render(joined, tmp_path / "out.mp4") == 100
    assert times(tmp_path / "out.mp4") == pytest.approx([n / 25 for n in range(100)], abs=0.002)


def test_a_mirrored_film_is_drawn_as_it_is_shown(tmp_path):
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[:, :160] = 200
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "bgr24")))
        container.mux(stream.encode())
    render(tmp_path / "film.mp4", tmp_path / "out.mp4", mirrored=True)
    with av.open(str(tmp_path / "out.mp4")) as container:
        drawn = next(container.decode(video=0)).to_ndarray(format="gray")
    assert drawn[60:120, :140].mean() < 60 and drawn[60:120, 180:].mean() > 150


def test_a_turned_film_comes_out_upright(film, tmp_path):
    render(film(width=320, height=180), tmp_path / "out.mp4", rotation=90)
    with av.open(str(tmp_path / "out.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (180, 320)


def test_the_play_keeps_its_colours_and_shots_are_drawn_on_it(film, tmp_path, helpers):
    record = FilmRecord()
    record.add_frame(helpers.observations(0.1))
    record.add_draft(helpers.draft(Lifecycle.CONFIRMED, media=0.05))
    path = film()
    render(path, tmp_path / "out.mp4", record)
    pictures = []
    for source in (path, tmp_path / "out.mp4"):
        with av.open(str(source)) as container:
            pictures.append([f.to_ndarray(format="bgr24").astype(int) for f in container.decode(video=0)][-1])
    apart = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert np.median(apart) <= 2 and apart.max() > 60


def test_an_older_film_is_replaced_only_when_the_new_one_is_whole(film, tmp_path):
    path, out = film(), tmp_path / "out.mp4"
    out.write_bytes(b"older")
    stop = threading.Event()
    with pytest.raises(CourtsideError):
        render(path, out, stop=stop, on_frame=lambda count: stop.set() if count == 3 else None)
    assert out.read_bytes() == b"older" and not partial_path(out).exists()
    render(path, out)
    assert len(times(out)) == 20 and not partial_path(out).exists()


async def test_an_interrupt_ends_the_drawing_and_leaves_nothing_behind(film, tmp_path, monkeypatch):
    path, out, drawing = film(), tmp_path / "out.mp4", threading.Event()
    from courtside_server.render.overlay import FrameOverlay

    monkeypatch.setattr(FrameOverlay, "draw", lambda *_: drawing.set() or threading.Event().wait(0.02))
    with Progress(disable=True) as progress:
        task = asyncio.create_task(draw_film(FilmSource(path, first_pts(path), 0), FilmRecord(), out, 20, progress))
        await asyncio.to_thread(drawing.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(film, tmp_path):
    path, out = film(width=640, height=480), tmp_path / "out.mp4"
    code = f"""
        import resource, signal
        from pathlib import Path
        from courtside_server.errors import FilmUnwritable
        from courtside_server.render.film import FilmSource, render_film
        from courtside_server.render.record import FilmRecord
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            render_film(FilmSource(Path({str(path)!r}), {first_pts(path)}, 0), FilmRecord(), Path({str(out)!r}))
        except FilmUnwritable as error:
            print("refused:", error.message)
    """
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 2000
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(f"refused: {out}: the drawn film cannot be written"), done.stderr
    assert not out.exists() and not partial_path(out).exists()


def test_a_folder_that_went_away_is_one_clear_error(film, tmp_path):
    with pytest.raises(FilmUnwritable, match="cannot be written"):
        render(film(), tmp_path / "gone" / "out.mp4")


# ---- where films go --------------------------------------------------------------------------------------------------


def test_one_film_goes_to_the_name_or_into_the_folder(film, tmp_path):
    path = film()
    assert output_paths([path], tmp_path / "out.mp4") == [tmp_path / "out.mp4"]
    assert output_paths([path], tmp_path / "drawn") == [tmp_path / "drawn" / "film.mp4"]
    assert (tmp_path / "drawn").is_dir()


def test_several_films_go_into_a_folder_under_their_own_names(film, tmp_path):
    films = [film(name="a.mp4"), film(name="b.mov.mp4")]
    assert output_paths(films, tmp_path / "drawn") == [tmp_path / "drawn" / "a.mp4", tmp_path / "drawn" / "b.mov.mp4"]


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("out.mp4", "names one film, but there are 2"),
        ("out.avi", "does not end in .mp4"),
        ("", "overwrite the film"),
        ("file", "is not a folder"),
        ("file/drawn", "cannot be written"),
    ],
)
def test_what_is_ambiguous_or_does_harm_is_refused(film, tmp_path, out, says):
    films = [film(name="a.mp4"), film(name="b.mp4")]
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=says):
        output_paths(films, tmp_path / out)
    assert len(times(films[0])) == 20


def test_two_films_of_one_name_are_refused(film, tmp_path):
    (tmp_path / "other").mkdir()
    films = [film(name="a.mp4"), film(name="other/a.mp4")]
    with pytest.raises(InputError, match="would both become"):
        output_paths(films, tmp_path / "drawn")


def test_an_input_is_never_overwritten_under_another_name_either(film, tmp_path):
    path = film()
    (tmp_path / "link.mp4").symlink_to(path)
    for out in ("film.mp4", "link.mp4", "../" + tmp_path.name + "/film.mp4"):
        with pytest.raises(InputError, match="overwrite the film"):
            output_paths([path], tmp_path / out)
