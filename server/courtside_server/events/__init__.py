"""Events: the durable event log, and the hub that publishes its events to subscribers."""

from courtside_server.events.hub import EventHub
from courtside_server.events.log import EventLog
from courtside_server.events.sqlite import SqliteLog
from courtside_server.events.subscription import Subscription

__all__ = ["EventHub", "EventLog", "SqliteLog", "Subscription"]
