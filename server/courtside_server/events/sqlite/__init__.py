"""The event log in one SQLite file."""

from courtside_server.events.sqlite.log import SqliteLog

__all__ = ["SqliteLog"]
