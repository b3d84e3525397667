"""Games: teams, clock and score of each game, and what people correct."""
