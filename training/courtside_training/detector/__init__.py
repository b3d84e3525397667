"""The detector of ball, rim, players and referees: its data, network, training and evaluation."""
