"""The model card of `player_actions`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from courtside_training.actions.classes import CONTEXT, LABELS
from courtside_training.actions.evaluate import tables
from courtside_training.actions.network import MODEL
from courtside_training.actions.train import load_network
from courtside_training.common import checkpoint as checkpoints


def card(checkpoint: Path, evaluation: dict[str, Any]) -> str:
    """The body of the card.

    Args:
        checkpoint: of the action network.
        evaluation: what `evaluate --out` wrote; may be empty.
    """
    found = checkpoints.load(checkpoint, MODEL)
    history, network = found["history"], load_network(checkpoint)
    size = sum(value.numel() for value in network.parameters())
    measured = tables(evaluation) if evaluation else "Not measured."
    return f"""Classifies what one tracked player does in 1.6 seconds of keypoints, with the ten classes of SpaceJam
(Francia, Calderara, Lanzi: "SpaceJam: a Dataset for Basketball Action Recognition", 2018):
{", ".join(LABELS)}.

## Inputs
`keypoints` [16, 17, 4]: 16 steps, 10 per second, COCO's joints; x, y (down) and depth in pixels of the frame with the
camera's motion removed, and visibility. A joint that was not seen is NaN with visibility 0. `context` [16, 7]:
{", ".join(CONTEXT)}.
The ball's position is relative to the middle of the hips in player heights, y up; the speed is that over the ground in
player heights per second. What is not known is 0. `action` [10]: probabilities at the middle of
the clip. Position, size and side do not matter. With fewer than four steps seen the probabilities come closer to each
other; without any joint they are equal.

## Network
{network.config.members} small perceptrons over a summary of the clip, {size:,} parameters in all. The summary holds
measures of the body that an exchange of left and right does not change (higher and lower wrist, bend of knees and
elbows, width of the stance, speed of hands and feet, travel), in the clip's beginning, middle and end. Depth is not
read. Temporal convolutions over the same measures and over plain joints fitted simulated players as well and real ones
worse.

## Data and licence
- Real players: 218 tracks in 17 clips of broadcast film, with actions that were labelled by eye, and 59 pictures of
  players who dribble or hold the ball. Pictures: basketball-player-detection-3, Roboflow Universe, CC BY 4.0.
  Keypoints: BlazePose (`player_pose` 2, Apache-2.0). The labels are this project's.
- Captured motion of one player with the ball: SkillMimic BallPlay-M, Apache-2.0.
- Simulated games (this project, Apache-2.0), seen through simulated cameras with a pose network's mistakes.

No clip of SpaceJam was trained on. No real film shows a pick that is certain, and one shows a pass: these two classes
are learned from simulation; dribble and ball in hand from simulation and from single real pictures that are set in
motion.

## Training
{history["epochs"]} epochs, {history["samples"]:,} draws; AdamW, cosine schedule, averaged weights. More than half of a
batch is real film, a tenth pictures set in motion, a quarter games, a tenth captured motion. Ball and velocity are
hidden at random, clips run at 10 to 25 steps per second, crops follow the player or stand still; joints, steps and ends
of clips are missing. Temperature {found.get("temperature", 1.0):.2f}, fitted on real films left out.

## Measured
Real films left out: each film was classified by networks that were trained without it. Labels by eye, one person.
"Keypoints only" means neither ball nor velocity. SpaceJam: joints from the crops alone. Sizes and shares were chosen on
films left out; SpaceJam's figures were seen meanwhile, and differed by up to a tenth between runs that are equal on
these films.

{measured}

## Limits
- Labels of real film come from 17 clips of one league, each around one shot. Standing, walking, guarding and the wait
  for a rebound have no sharp borders.
- On SpaceJam, without the ball, it is right in three of eight clips and in half of the easy ones. Its errors there:
  who walks on the spot is taken for one who does nothing; who stands with bent arms, for one who holds the ball; who
  dribbles, for one who runs or walks; a pass, for anything. In simulated games the ball helps most with dribbles.
- Pick and pass have not been measured on real film in any number that means something.
- Players below about 70 pixels have no reliable hands.
"""
