"""Damage: which pictures are not what the camera saw, from the first lost bytes to where the stream has recovered."""

from __future__ import annotations

from dataclasses import dataclass

from courtside_server.types import EncodedPacket


@dataclass(frozen=True, slots=True)
class _Recovery:
    """From where pictures are whole again.

    Attributes:
        entry: the packet with which a decoder could begin.
        sequence: the first packet whose picture is whole.
        leading: pictures shown before the entry depend on others before it.
    """

    entry: EncodedPacket
    sequence: int
    leading: bool

    def covers(self, packet: EncodedPacket) -> bool:
        return packet.sequence >= self.sequence and not (self.leading and packet.pts < self.entry.pts)


class DamageTracker:
    """Follows the damage of one stream. Packets come in coding order, pictures in the order they are shown."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._recovery: _Recovery | None = None  # of the damage
        self._newest: _Recovery | None = None

    def on_packet(self, packet: EncodedPacket, recovery_pictures: int | None) -> None:
        """Take a packet that went into the decoder.

        Args:
            packet: the packet.
            recovery_pictures: pictures until a decoder that begins here shows whole ones; ``None`` where none can.
        """
        if recovery_pictures is not None:
            sequence = packet.sequence + recovery_pictures
            self._newest = _Recovery(packet, sequence, leading=recovery_pictures == 0)
            if self._since is not None and (self._recovery is None or sequence < self._recovery.sequence):
                self._recovery = self._newest
        if packet.damaged:
            self.on_damage(packet.sequence)

    @property
    def whole(self) -> bool:
        """Nothing is missing, or the stream has recovered from it."""
        return self._since is None

    @property
    def recovers(self) -> bool:
        """The stream is whole, or the packet from which it recovers has come."""
        return self._since is None or self._recovery is not None

    def on_damage(self, sequence: int) -> None:
        """Parts of this packet, or packets before it, are missing."""
        newest = self._newest
        if self._since is None or sequence < self._since:
            self._since = sequence
        if newest is not None and newest.entry.sequence > sequence:
            self._recovery = self._recovery or newest
        else:
            self._recovery = None

    def on_picture(self, packet: EncodedPacket, concealed: bool) -> bool:
        """Whether a picture is damaged.

        Args:
            packet: its packet.
            concealed: its decoder found parts of it missing.
        """
        if self._recovery is not None and self._recovery.covers(packet):
            self._since = self._recovery = None
        if concealed:
            newest = self._newest
            # A picture that leads the keyframe it depends on: no later one depends on it.
            if newest is None or packet.sequence <= newest.entry.sequence or packet.pts > newest.entry.pts:
                self.on_damage(packet.sequence)
            return True
        return self._since is not None and packet.sequence >= self._since
