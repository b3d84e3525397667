"""A pytest plugin for CI: a test that was skipped, expected to fail or deselected fails the run, unless it is listed.

A test that does not run finds nothing, and a line in the summary is easily overlooked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest


class LoudSkips:
    """Counts what did not run, and ends the run with exit status 1 where that was not allowed.

    Args:
        allowed: file, or file and function, of tests that may be skipped, to the reason.
    """

    def __init__(self, allowed: Mapping[str, str]) -> None:
        self._allowed = allowed
        self._refused: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped or expected to fail."""
        if hasattr(report, "wasxfail"):
            self._refused[report.nodeid] = "expected to fail"
        elif report.skipped and not self._is_allowed(report.nodeid):
            self._refused[report.nodeid] = f"skipped: {_reason(report.longrepr)}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that was skipped as a whole."""
        if report.skipped and not self._is_allowed(report.nodeid):
            self._refused[report.nodeid] = f"skipped: {_reason(report.longrepr)}"

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note tests that were left out."""
        self._refused.update((item.nodeid, "deselected") for item in items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would have passed."""
        if self._refused and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name every test that did not run."""
        if not self._refused:
            return
        terminalreporter.section("tests that did not run", red=True)
        for name, why in sorted(self._refused.items()):
            terminalreporter.line(f"{name}: {why}")
        terminalreporter.line(
            f"{len(self._refused)} tests did not run: give this machine what they need, or add them with a reason to "
            "tests/allowed_skips.py"
        )

    def _is_allowed(self, nodeid: str) -> bool:
        function = nodeid.split("[")[0]
        return function in self._allowed or function.split("::")[0] in self._allowed


def _reason(longrepr: object) -> str:
    """Why something was skipped: pytest gives (file, line, reason)."""
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return str(text).removeprefix("Skipped: ")
