"""Settings: TOML, then environment, then flags; every mistake is one clear error."""

from pathlib import Path

import pytest

from courtside_server.errors import SettingsError
from courtside_server.packaged import starter_models
from courtside_server.parameters import parameters
from courtside_server.perception.config import TrackingConfig
from courtside_server.settings import Settings, load_settings
from courtside_server.shots.criteria import ShotCriteria


@pytest.fixture
def toml(tmp_path):
    def write(text):
        path = tmp_path / "courtside.toml"
        path.write_text(text)
        return path

    return write


def test_defaults_are_the_source_systems_and_loopback():
    settings = load_settings()
    assert settings.shots.clip.threshold == 0.8 and settings.perception.profile == "flight"
    assert settings.listen.grpc.startswith("127.0.0.1:") and settings.listen.http.startswith("127.0.0.1:")


def test_a_folder_of_that_name_never_replaces_the_starter_models_unless_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "model_repository").mkdir()
    monkeypatch.chdir(tmp_path)
    default = load_settings().inference.repository
    assert default == starter_models() and default.is_absolute()
    assert (default / "shot_flight" / "config.pbtxt").is_file()
    named = load_settings(flags={"inference.repository": "model_repository"}).inference.repository
    assert named.samefile(tmp_path / "model_repository")


def test_flags_win_over_environment_over_file(toml, monkeypatch):
    path = toml("log_level = 'debug'\n[windows]\nhop = 2\n[shots.clip]\nthreshold = 0.5\nradius = 2.0\n")
    monkeypatch.setenv("COURTSIDE_WINDOWS__HOP", "4")
    monkeypatch.setenv("COURTSIDE_SHOTS__CLIP__THRESHOLD", "0.6")
    settings = load_settings(path, {"windows.hop": 8, "shots.clip.threshold": None})
    clip = settings.shots.clip
    assert (settings.windows.hop, clip.threshold, clip.radius) == (8, 0.6, 2.0)
    assert settings.log_level == "debug" and clip.middle_only and clip.min_support == 0.4
    assert load_settings(path, {"shots.clip.threshold": 0.9}).shots.clip.threshold == 0.9


@pytest.mark.parametrize(
    ("old", "new"),
    [("perception.look_rate", "perception.detector_fps"), ("windows.threshold", "shots.clip.threshold"),
     ("perception.min_support", "shots.flight.min_support")],
)  # fmt: skip
def test_an_old_name_is_answered_with_the_new_one(toml, monkeypatch, old, new):
    section, key = old.split(".")
    with pytest.raises(SettingsError, match=f"{old}' is now '{new}"):
        load_settings(toml(f"[{section}]\n{key} = 0.5\n"))
    monkeypatch.setenv(f"COURTSIDE_{section}__{key}".upper(), "0.5")
    with pytest.raises(SettingsError, match=f"{old}' is now '{new}"):
        load_settings()


def test_every_number_that_decides_has_a_unit_a_meaning_evidence_and_a_search_range_round_it():
    found = [*parameters(ShotCriteria), *parameters(TrackingConfig)]
    assert len(found) > 90 and len({parameter.name for parameter in found}) == len(found)
    for parameter in found:
        assert parameter.unit and parameter.meaning.endswith(".") and parameter.evidence.endswith("."), parameter.name
        if parameter.search is not None:
            low, high = parameter.search
            assert low <= parameter.default <= high and low < high, parameter.name


def test_what_is_printed_reads_back_to_the_same(toml):
    settings = load_settings(flags={"windows.hop": 3, "inference.engine": "triton", "events.data_dir": 'a "b" \\c'})
    assert load_settings(toml(settings.to_toml())) .model_dump() == settings.model_dump()


def test_a_720p_camera_stays_within_64_mb():
    assert load_settings().camera_memory_mb() <= 64


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[windows]\nhopp = 1", r"unknown setting 'windows\.hopp'"),
        ("colour = 1", "unknown setting 'colour'"),
        ("[windows]\nhop = 9", r"'windows\.hop'.*less than or equal to 8"),
        ("[listen]\ngrpc = '50051'", "is not HOST:PORT"),
        ("[shots.clip]\nthreshold = nan", r"shots\.clip\.threshold"),
        ("windows = 3", "'windows'"),
        ("a = [", "cannot read the settings"),
        (f"log_level = {'[' * 5000}{']' * 5000}", "nested too deeply"),
        ("[listen]\nhttp_hosts = ['a b']", "is not a host name"),
    ],
)
def test_a_mistake_in_the_file_is_one_clear_error(toml, text, says):
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings(toml(text))
    assert "\n" not in caught.value.message.strip() or "TOML" in caught.value.message


def test_an_error_has_the_bad_value_once(toml):
    with pytest.raises(SettingsError) as caught:
        load_settings(toml("[listen]\ngrpc = '127.0.0.1'"))
    assert caught.value.message == "setting 'listen.grpc': '127.0.0.1' is not HOST:PORT"
    with pytest.raises(SettingsError, match=r"got 'many'"):
        load_settings(toml("[ingest]\nframe_ring_mb = 'many'"))


@pytest.mark.parametrize("name", ["/dev/null", "."])
def test_a_settings_file_that_is_no_regular_file_is_one_clear_error(name):
    with pytest.raises(SettingsError, match="not a regular file"):
        load_settings(Path(name))


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "name",
    ["COURTSIDE_SERVICE_HOST", "COURTSIDE_SERVICE_PORT", "COURTSIDE_SERVICE_PORT_GRPC", "COURTSIDE_PORT",
     "COURTSIDE_PORT_8080_TCP", "COURTSIDE_PORT_8080_TCP_ADDR", "COURTSIDE_GATEWAY_SERVICE_HOST"],
)  # fmt: skip
def test_variables_of_kubernetes_for_a_service_called_courtside_do_not_matter(monkeypatch, name):
    monkeypatch.setenv(name, "tcp://10.0.0.7:8080")
    assert load_settings().to_toml() == Settings().to_toml()


@pytest.mark.parametrize("name", ["COURTSIDE_HOP", "COURTSIDE_WINDOWS__HOPP", "COURTSIDE_WINDOW__HOP"])
def test_a_misspelt_variable_is_refused(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match="unknown"):
        load_settings()
