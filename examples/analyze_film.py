"""Find the shots in a film: ``python analyze_film.py FILM``."""

import sys

import courtside

for shot in courtside.analyze(sys.argv[1]):
    print(f"{shot.time:7.2f} s  {shot.zone:<24}  {shot.points} points  {shot.result}")
