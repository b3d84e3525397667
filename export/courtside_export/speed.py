"""Speed of one row under several implementations, and how busy the machine was with other programs meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from courtside_export.running import Run
from courtside_training.common.export_spec import Arrays

BUSY = 0.1
"""Share of all cores used by other programs above which a measurement is marked as disturbed."""


@dataclass(frozen=True)
class Speed:
    """Milliseconds per row at batch size 1.

    Attributes:
        median: Median time by implementation.
        fastest: Shortest time by implementation; a quiet machine comes close to it.
        rounds: How often each implementation ran.
        cores: Cores of the machine.
        load: The system's load average at the start.
        others: Share of all cores that other processes used meanwhile; None when the system does not report it.
    """

    median: dict[str, float]
    fastest: dict[str, float]
    rounds: int
    cores: int
    load: float
    others: float | None

    @property
    def in_use(self) -> bool:
        """Whether other processes disturbed the measurement, as far as is known."""
        return (self.others if self.others is not None else self.load / self.cores) > BUSY

    def to_dict(self) -> dict[str, object]:
        """The values as plain Python objects."""
        return {**asdict(self), "in_use": self.in_use}


def measure(runs: Mapping[str, Run], inputs: Arrays, *, rounds: int = 20, seconds: float = 20.0) -> Speed:
    """Time every implementation on single rows, alternating in each round so that a disturbance affects all of them.

    Args:
        runs: Implementations by name.
        inputs: Rows that are used in turn.
        rounds: Largest number of rounds; at least five are run.
        seconds: No round starts after this time.
    """
    rows = [tuple(array[i : i + 1] for array in inputs) for i in range(len(inputs[0]))]
    for run in runs.values():
        for row in rows[:2]:
            run(row)
    load, before, begin = os.getloadavg()[0], _processor_seconds(), time.perf_counter()
    times: dict[str, list[float]] = {name: [] for name in runs}
    done = 0
    while done < rounds and (done < 5 or time.perf_counter() - begin < seconds):
        for name, run in runs.items():
            start = time.perf_counter()
            run(rows[done % len(rows)])
            times[name].append(1000 * (time.perf_counter() - start))
        done += 1
    cores = os.cpu_count() or 1
    after, elapsed = _processor_seconds(), time.perf_counter() - begin
    others = None
    if before is not None and after is not None:
        (busy_before, own_before), (busy_after, own_after) = before, after
        others = round(max(0.0, (busy_after - busy_before) - (own_after - own_before)) / (elapsed * cores), 3)
    return Speed(
        {name: round(float(np.median(values)), 3) for name, values in times.items()},
        {name: round(min(values), 3) for name, values in times.items()},
        done, cores, round(load, 2), others,
    )


def _processor_seconds() -> tuple[float, float] | None:
    """Processor seconds used by the whole machine and by this process; None where there is no /proc/stat."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    except OSError:
        return None
    user, nice, system, _, _, interrupt, soft = (float(field) for field in fields[:7])
    return (user + nice + system + interrupt + soft) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4])
