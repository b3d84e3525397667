"""Places for subscribers: bounded, and shared fairly among the addresses that they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Place:
    """One open subscription.

    Attributes:
        peer: address that it comes from.
        taken: another address has got the place; the subscription must end.
        on_taken: called at that moment.
    """

    peer: str
    taken: bool = False
    on_taken: Callable[[], object] = lambda: None


class Places:
    """The places of the subscriptions that are open. Use it on the event loop.

    When all places are taken, a newcomer gets one from the address that has the most, if that has at least two more
    than the newcomer's address: nobody alone can keep everybody else out. The subscription that is cut is the newest of
    that address; its reader resumes where it stopped.

    Args:
        limit: subscriptions at a time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._places: list[Place] = []  # oldest first

    def open(self, peer: str) -> Place | None:
        """A place for a subscription from this address; ``None`` when there is none."""
        if len(self._places) >= self.limit:
            counts = Counter(place.peer for place in self._places)
            [(greediest, most)] = counts.most_common(1)
            if most < counts[peer] + 2:
                return None
            newest = next(place for place in reversed(self._places) if place.peer == greediest)
            self._places.remove(newest)
            newest.taken = True
            newest.on_taken()
        place = Place(peer)
        self._places.append(place)
        return place

    def close(self, place: Place) -> None:
        """Free a place. Idempotent."""
        if place in self._places:
            self._places.remove(place)
