"""The referees: their bodies, and how they follow play along the lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from courtside.court.measures import Court

from .movement import foot_swing, stride_length
from .recording import SMOOTH_FIELDS, Recording, State
from .roster import Roster, draw_roster

RATE = 15.0
"""Steps per second of the referees' recording."""
LAG = 0.9
"""Seconds that a referee trails the position they aim for."""


class Officials:
    """The referees of one game.

    Attributes:
        roster: Their bodies.
        recording: Their states at `RATE`; its ball, holder and net are not used.
    """

    def __init__(self, court: Court, recording: Recording, count: int, rng: np.random.Generator):
        """Let `count` referees follow the ball of `recording`."""
        self.roster = draw_roster(count, rng)
        duration = (len(recording.states.holder) - 1) / recording.step_rate
        times = np.arange(int(duration * RATE) + 2) / RATE
        steps = np.minimum((times * recording.step_rate).astype(int), len(recording.states.holder) - 1)
        ball = recording.states.ball[steps]
        goals = np.empty((len(times), count, 2))
        first = 1.0 if rng.random() < 0.5 else -1.0
        for index in range(count):
            side = first if index % 2 == 0 else -first
            wander = 0.5 * np.sin(times * rng.uniform(0.2, 0.5) + rng.uniform(0, 6))
            if court.half or index == 1:
                # The lead waits near the baseline of the end under attack.
                end = np.ones(len(times)) if court.half else np.sign(ball[:, 0])
                x = end * (court.length / 2 - rng.uniform(0.5, 3.0)) + wander
                y = side * (court.width / 2 - rng.uniform(0.3, 3.0)) + 0.5 * wander
            else:
                x = ball[:, 0] * 0.8 - np.sign(ball[:, 0]) * rng.uniform(2.0, 4.5) + wander
                y = np.full(len(times), side * (court.width / 2 - rng.uniform(0.0, 2.0))) + wander
            goals[:, index] = np.stack([x, y], -1)
        self.recording = Recording(RATE, _walk(goals, ball, self.roster))


def _walk(goals: np.ndarray, ball: np.ndarray, roster: Roster) -> State:
    """States of people who follow `goals` (T, R, 2) at a walk or a jog, turned to the ball (T, 3)."""
    steps, count = goals.shape[:2]
    xy, velocity = np.empty_like(goals), np.zeros_like(goals)
    xy[0] = goals[0]
    for t in range(1, steps):
        pull = (goals[t] - xy[t - 1]) / LAG
        pace = np.sqrt((pull * pull).sum(-1, keepdims=True))
        wish = pull * np.minimum(1.0, 4.8 / np.maximum(pace, 1e-6))
        velocity[t] = velocity[t - 1] + (wish - velocity[t - 1]) * 0.25
        xy[t] = xy[t - 1] + velocity[t] / RATE
    speed = np.sqrt((velocity * velocity).sum(-1))
    phase = np.cumsum(2 * np.pi * speed / stride_length(speed) / RATE, axis=0)
    amplitude = foot_swing(speed)
    to_gaze = ball[:, None, :2] - xy
    aim = np.where((speed > 2.3)[..., None], velocity, to_gaze)
    heading = np.unwrap(np.arctan2(aim[..., 1], aim[..., 0]), axis=0)
    kernel = np.ones(7) / 7
    for index in range(count):
        padded = np.pad(heading[:, index], 3, mode="edge")
        heading[:, index] = np.convolve(padded, kernel, mode="valid")
    swing = np.sin(phase) * amplitude * 0.8
    hands = np.empty((steps, count, 2, 3))
    hands[..., 0, 0], hands[..., 1, 0] = 0.10 - swing, 0.10 + swing
    hands[..., 0, 1], hands[..., 1, 1] = 0.145 * roster.heights, -0.145 * roster.heights
    hands[..., 2] = 0.5 * roster.heights[:, None]
    still = np.zeros((steps, count))
    return State(
        xy=xy,
        velocity=velocity,
        heading=heading,
        jump=still,
        crouch=still + 0.02,
        lean=np.clip(speed * 0.045, 0, 0.25),
        shape=np.zeros((steps, count, 3)),
        phase=phase,
        amplitude=amplitude,
        hands=hands,
        actions=np.zeros((steps, count), np.int64),
        ball=np.zeros((steps, 3)),
        holder=np.full(steps, -1),
        net=np.zeros((steps, 1)),
    )


PERSONAL = tuple(name for name in (*SMOOTH_FIELDS, "actions") if name not in ("ball", "net"))
"""Fields of a `State` with one entry per person."""


def join_states(state: State, others: State) -> State:
    """Join the people of two states, `state` first; ball, holder and net are those of `state`.

    Both may hold N moments; people are then the second axis.
    """
    axis = np.ndim(state.holder)
    joined = {
        name: np.concatenate([getattr(state, name), getattr(others, name)], axis) for name in PERSONAL
    }
    return replace(state, **joined)


def join_rosters(roster: Roster, officials: Roster) -> Roster:
    """The players followed by the referees, who get team 2."""
    return Roster(
        teams=np.concatenate([roster.teams, np.full(len(officials), 2)]),
        heights=np.concatenate([roster.heights, officials.heights]),
        girths=np.concatenate([roster.girths, officials.girths]),
        handed=np.concatenate([roster.handed, officials.handed]),
        tempo=np.concatenate([roster.tempo, officials.tempo]),
        leap=np.concatenate([roster.leap, officials.leap]),
        numbers=np.concatenate([roster.numbers, officials.numbers]),
        forms=roster.forms + officials.forms,
        skills=np.concatenate([roster.skills, officials.skills]),
    )
