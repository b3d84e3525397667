"""Skill estimation from a highlight film of one player (BASKET, CVPR 2025): twenty skills, five levels each."""
