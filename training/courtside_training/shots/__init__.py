"""Shot analytics from clips: film, windows, the clip network and the two small networks beside it, VideoMAE."""
