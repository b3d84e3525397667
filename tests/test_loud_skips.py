"""In CI a test that does not run fails the run, unless it is on the list."""

import pytest
from allowed_skips import ALLOWED
from tests_support import ROOT

TESTS = """
    import pytest

    def test_passes(): pass

    @pytest.mark.parametrize("number", [1, 2])
    def test_needs_films(number): pytest.skip("no films here")

    {more}
"""
CONFTEST = """
    from loud_skips import LoudSkips

    def pytest_configure(config):
        config.pluginmanager.register(LoudSkips({"test_it.py::test_needs_films": "films are not in the repository"}))
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs a file of tests with the plugin; ``run(more, *options)`` gives the result."""
    monkeypatch.syspath_prepend(ROOT / "tests")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makeconftest(CONFTEST)

    def go(more="", *options):
        pytester.makepyfile(test_it=TESTS.replace("{more}", more))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return go


def test_a_skip_that_is_listed_passes(run):
    result = run()
    assert result.ret == 0
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.no_fnmatch_line("*did not run*")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("def test_other(): pytest.skip('no Triton here')", "*::test_other: skipped: no Triton here"),
        ("@pytest.mark.skip(reason='slow')\n    def test_other(): pass", "*::test_other: skipped: slow"),
        ("@pytest.mark.xfail\n    def test_other(): assert False", "*::test_other: expected to fail"),
        ("@pytest.mark.xfail\n    def test_other(): pass", "*::test_other: expected to fail"),
        ("pytest.importorskip('there_is_no_such_module')", "test_it.py: skipped: could not import *"),
    ],
    ids=["skip", "mark", "xfail", "xpass", "importorskip"],
)
def test_whatever_else_did_not_run_fails_the_run_and_is_named(run, more, says):
    result = run(more)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([says, "1 tests did not run: *allowed_skips.py"])


def test_what_was_deselected_fails_the_run(run):
    result = run("", "-k", "passes")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*::test_needs_films?1?: deselected"])


def test_every_name_on_the_list_is_a_test():
    for name in ALLOWED:
        path, _, function = name.partition("::")
        assert f"def {function or 'test_'}" in (ROOT / path).read_text(), f"{name} is gone: take it off the list"


def test_ci_switches_it_on():
    assert "export CI=true\n" in (ROOT / ".ci" / "run").read_text()
