"""Shooting forms: the scalars that make a shooter recognisable, and how a form goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

RANGES = {
    "tempo": (0.85, 1.2),
    "leap": (0.16, 0.48),
    "gather": (0.19, 0.33),
    "dip": (0.13, 0.27),
    "raising": (0.18, 0.30),
    "push": (0.10, 0.18),
    "hang": (0.62, 1.08),
    "snap": (1.2, 2.1),
    "pocket_height": (0.48, 0.58),
    "dip_height": (0.38, 0.53),
    "dip_ahead": (0.26, 0.42),
    "dip_side": (0.02, 0.20),
    "arc": (0.02, 0.18),
    "set_height": (0.93, 1.09),
    "set_ahead": (0.10, 0.30),
    "set_side": (-0.06, 0.21),
    "release_height": (1.14, 1.22),
    "release_ahead": (0.20, 0.38),
    "release_side": (0.03, 0.17),
    "flare": (-0.45, 1.2),
    "guide_ahead": (-0.06, 0.09),
    "guide_out": (-0.04, 0.09),
    "guide_up": (-0.06, 0.10),
    "knee": (0.14, 0.33),
    "lean": (0.08, 0.34),
    "set_lean": (-0.10, 0.10),
    "width": (-0.03, 0.11),
    "stagger": (-0.06, 0.26),
    "follow_height": (1.01, 1.13),
    "follow_ahead": (0.24, 0.44),
    "follow_side": (-0.02, 0.20),
    "follow_guide": (0.72, 1.04),
}
"""The range each scalar of a `Form` is drawn from; forms of real players lie inside all of them."""


@dataclass(frozen=True)
class Form:
    """One player's shooting form.

    Sides are metres towards the shooting hand. Heights of the ball are shares of the player's height. Times are
    seconds at a tempo of 1.

    Attributes:
        handed: +1 for a right-handed shooter, -1 for a left-handed one.
        tempo: Speed factor of the whole motion.
        leap: Jump height, metres.
        gather, dip, raising, push: Duration of each part of the motion.
        hang: Take-off before the release, as a share of the time to the jump's peak; above 1 the release comes after
            the peak.
        snap: How late the push speeds up, an exponent.
        pocket_height: The ball's height where the gather ends.
        dip_height, dip_ahead, dip_side: The ball where the dip ends.
        arc: How far the ball swings forward on its way up, metres.
        set_height, set_ahead, set_side: The ball at the set point.
        release_height, release_ahead, release_side: The ball where it leaves the hand.
        flare: How far the shooting elbow points outwards: 0 is about forty degrees, negative is tucked in.
        guide_ahead, guide_out, guide_up: Offset of the guide hand on the raised ball, metres.
        knee: Knee bend at the bottom: how far the hips sink, metres.
        lean, set_lean: Torso lean at the bottom, and from the set point on, radians.
        width: Extra stance width of each foot, metres.
        stagger: How far the foot of the shooting side is ahead of the other, metres.
        follow_height, follow_ahead, follow_side: The shooting wrist in the follow-through.
        follow_guide: Height of the guide wrist in the follow-through.
    """

    handed: float
    tempo: float
    leap: float
    gather: float
    dip: float
    raising: float
    push: float
    hang: float
    snap: float
    pocket_height: float
    dip_height: float
    dip_ahead: float
    dip_side: float
    arc: float
    set_height: float
    set_ahead: float
    set_side: float
    release_height: float
    release_ahead: float
    release_side: float
    flare: float
    guide_ahead: float
    guide_out: float
    guide_up: float
    knee: float
    lean: float
    set_lean: float
    width: float
    stagger: float
    follow_height: float
    follow_ahead: float
    follow_side: float
    follow_guide: float

    def vector(self) -> np.ndarray:
        """Every scalar except the handedness, scaled by its range: (32,) float64, about 0 to 1."""
        return np.array([(getattr(self, name) - low) / (high - low) for name, (low, high) in RANGES.items()])


SCALARS = tuple(field.name for field in fields(Form) if field.name != "handed")
"""Names of the scalars, in the order of `Form.vector`."""


def draw_form(rng: np.random.Generator) -> Form:
    """Draw a random player's form; 15 of 100 are left-handed."""
    handed = 1.0 if rng.random() < 0.85 else -1.0
    return Form(handed=handed, **{name: float(rng.uniform(*RANGES[name])) for name in SCALARS})


def distort(form: Form, rng: np.random.Generator, amount: float) -> Form:
    """Change a player's form at random, as fatigue, an injury or a bad habit does.

    Args:
        form: The usual form.
        rng: Draws the changes.
        amount: Standard deviation of the change as a share of each scalar's range. 0.03 is the difference from one
            shot to the next; 0.25 is a form that a coach would correct.

    Returns:
        A form of the same hand; scalars may leave their range by a fifth of it.
    """
    changed = {}
    for name in SCALARS:
        low, high = RANGES[name]
        span = high - low
        value = getattr(form, name) + amount * span * rng.standard_normal()
        changed[name] = float(min(max(value, low - 0.2 * span), high + 0.2 * span))
    return replace(form, **changed)
