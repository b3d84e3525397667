"""Shots: from window predictions and ball tracks to one event per shot, with revisions."""
