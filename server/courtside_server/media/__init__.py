"""Recorded video: packets kept on disk, clips and shortened films cut from them without encoding again."""
