"""The galleries: enrolled shooters and the keypoints of their shots, in one SQLite file beside the event log."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from courtside.shot_poses import ShotPoses
from courtside_server.errors import AlreadyEnrolled, BadRequest, NotFound, StoreFull, StoreUnavailable

MAX_NAME = 64
"""Most characters of a shooter's name."""
MAX_SHOOTERS = 1000
"""Shooters of one gateway."""
MAX_SHOTS = 500
"""Shots of one shooter."""
MAX_GAME_SHOTS = 2000
"""Shots of games that are kept for somebody to enroll; the oldest are dropped."""
HEIGHTS = (100.0, 260.0)
"""Least and greatest height of a body, centimetres."""
_APPLICATION_ID = 0x4352534D  # "CRSM"
_VERSION = 1
_TABLES = (
    """CREATE TABLE shooters (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        height_cm REAL,
        enrolled REAL NOT NULL
    ) STRICT""",
    """CREATE TABLE shots (
        id INTEGER PRIMARY KEY,
        shooter INTEGER NOT NULL REFERENCES shooters (id) ON DELETE CASCADE,
        shot_id TEXT NOT NULL,
        added REAL NOT NULL,
        poses BLOB NOT NULL,
        gather REAL NOT NULL,
        model TEXT NOT NULL,
        embedding BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX shots_of ON shots (shooter, id)",
    """CREATE TABLE game_shots (
        id INTEGER PRIMARY KEY,
        game TEXT NOT NULL,
        event_id TEXT NOT NULL,
        poses BLOB NOT NULL,
        UNIQUE (game, event_id)
    ) STRICT""",
)


@dataclass(frozen=True, slots=True, eq=False)
class GalleryShot:
    """One shot of a shooter.

    Attributes:
        number: its row.
        poses: the kept keypoints.
        gather: media seconds.
        added: Unix seconds.
        model: ``name:version`` of the model that made the embedding.
        embedding: (D,) float32.
    """

    number: int
    poses: ShotPoses
    gather: float
    added: float
    model: str
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class EnrolledShooter:
    """A shooter with all shots.

    Attributes:
        name: as it was enrolled.
        height_cm: height of the body; None where it is not known.
        enrolled: Unix seconds.
        shots: in the order in which they were added.
    """

    name: str
    height_cm: float | None
    enrolled: float
    shots: tuple[GalleryShot, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NewShot:
    """A shot to be enrolled: its poses, the gather in media seconds and its embedding (D,)."""

    poses: ShotPoses
    gather: float
    embedding: NDArray[np.float32]


def check_name(name: str) -> str:
    """The name as it is kept: NFC, without space around it.

    Raises:
        BadRequest: it is empty, too long, or has characters that cannot be printed.
    """
    kept = unicodedata.normalize("NFC", name).strip()
    if not kept or len(kept) > MAX_NAME or not kept.isprintable():
        raise BadRequest(f"a shooter's name must have 1 to {MAX_NAME} printable characters", field="name")
    return kept


def _content(poses: ShotPoses) -> bytes:
    """What tells two shots apart: the joints and their times."""
    joints = hashlib.blake2b(np.ascontiguousarray(poses.keypoints).tobytes(), digest_size=16)
    joints.update(np.ascontiguousarray(poses.times).tobytes())
    return joints.digest()


class Galleries:
    """Enrolled shooters and their shots, and the latest shots of games.

    Every method waits for the disk: call them off the event loop. :attr:`shooters` does not, and is safe from any
    thread without a lock: a change is a new mapping put in the old one's place. :attr:`revision` counts up after that.

    What is removed is overwritten in the file, and the file is rebuilt without it.

    Args:
        path: the file; its folder is made when it is first opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._shooters: Mapping[str, EnrolledShooter] = {}
        self.revision = 0
        """Counts up with every change of any shooter."""

    @property
    def shooters(self) -> Mapping[str, EnrolledShooter]:
        """Everybody who is enrolled, by the name's key, since :meth:`load`."""
        return self._shooters

    def load(self) -> None:
        """Read the file, once.

        Raises:
            StoreUnavailable: it cannot be used; the message says why.
        """
        if self._db is None and self._path.exists():
            with self._lock, self._using():
                pass

    def find(self, name: str) -> EnrolledShooter:
        """A shooter by name.

        Raises:
            BadRequest: not a name.
            NotFound: nobody of that name is enrolled.
        """
        found = self._shooters.get(_key(check_name(name)))
        if found is None:
            raise NotFound(f"no shooter {check_name(name)!r} is enrolled", shooter=check_name(name))
        return found

    def enroll(
        self, name: str, shots: Sequence[NewShot], model: str, *, add: bool = False, height_cm: float | None = None
    ) -> EnrolledShooter:
        """Enroll a shooter with good shots, or add shots to one; durable when this returns.

        Args:
            name: of the shooter.
            shots: at least one.
            model: ``name:version`` that made the embeddings.
            add: the shooter may be enrolled already.
            height_cm: height of the body, None to leave it as it is.

        Raises:
            BadRequest: the name, the height or the number of shots cannot be used, or a shot is in a gallery already.
            AlreadyEnrolled: the name is taken and ``add`` is not set.
            StoreFull: too many shooters or shots.
            StoreUnavailable: the file cannot be written; nothing has changed.
        """
        name = check_name(name)
        if not shots:
            raise BadRequest("a shooter is enrolled with at least one shot", field="shots")
        if height_cm is not None and not HEIGHTS[0] <= height_cm <= HEIGHTS[1]:
            raise BadRequest(f"height_cm must be {HEIGHTS[0]:.0f} to {HEIGHTS[1]:.0f}", field="height_cm")
        with self._lock, self._using() as db:
            known = self._shooters.get(_key(name))
            if known is not None and not add:
                raise AlreadyEnrolled(
                    f"a shooter {known.name!r} is enrolled already, with {len(known.shots)} shots: add the shots to it "
                    "(--add), remove it first, or choose another name", shooter=known.name,
                )  # fmt: skip
            if known is None and len(self._shooters) >= MAX_SHOOTERS:
                raise StoreFull(f"{MAX_SHOOTERS} shooters are enrolled already: remove one")
            if len(shots) + (len(known.shots) if known else 0) > MAX_SHOTS:
                raise StoreFull(f"a shooter can have {MAX_SHOTS} shots at most")
            self._refuse_twice(shots)
            db.execute("BEGIN IMMEDIATE")
            db.execute(
                "INSERT INTO shooters (name, key, height_cm, enrolled) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET height_cm = coalesce(excluded.height_cm, height_cm)", (name, _key(name), height_cm, time.time()),
            )  # fmt: skip
            (number,) = db.execute("SELECT id FROM shooters WHERE key = ?", (_key(name),)).fetchone()
            rows = [
                (number, shot.poses.shot_id, time.time(), shot.poses.to_bytes(), shot.gather, model,
                 shot.embedding.astype("<f4").tobytes())
                for shot in shots
            ]  # fmt: skip
            db.executemany(
                "INSERT INTO shots (shooter, shot_id, added, poses, gather, model, embedding) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)", rows,
            )
            db.execute("COMMIT")
            self._read(db, _key(name))
            return self._shooters[_key(name)]

    def _refuse_twice(self, shots: Sequence[NewShot]) -> None:
        """One shot is no two good shots, and nobody else's: a baseline of copies has no spread.

        Raises:
            BadRequest: a shot is among them twice, or in a gallery already.
        """
        owners = {_content(shot.poses): shooter.name for shooter in self._shooters.values() for shot in shooter.shots}
        for shot in shots:
            content = _content(shot.poses)
            if (owner := owners.get(content)) is not None:
                which = f"shot {shot.poses.shot_id!r}" if shot.poses.shot_id else "a shot"
                where = f"in the gallery of {owner!r}" if owner else "given"
                raise BadRequest(f"{which} is {where} already: leave it out, nothing was changed", field="shots")
            owners[content] = ""

    def remove(self, name: str) -> int:
        """Erase everything that is kept of a shooter, also the shots of games that he was enrolled with.

        Returns:
            The number of shots that were erased.

        Raises:
            BadRequest, NotFound: see :meth:`find`.
            StoreUnavailable: the file cannot be written.
        """
        with self._lock, self._using() as db:
            shooter = self.find(name)
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "DELETE FROM game_shots WHERE event_id = ?", [(shot.poses.shot_id,) for shot in shooter.shots]
            )
            db.execute("DELETE FROM shooters WHERE key = ?", (_key(shooter.name),))
            db.execute("COMMIT")
            # secure_delete has overwritten the rows; this also takes away pages that once held them.
            db.execute("VACUUM")
            self._read(db, _key(shooter.name))
            return len(shooter.shots)

    def replace_embeddings(self, numbers: Sequence[int], embeddings: NDArray[np.float32], model: str) -> None:
        """Put the embeddings of a new model version in place of older ones.

        Args:
            numbers: rows of the shots; one that was removed meanwhile is skipped.
            embeddings: (N, D).
            model: ``name:version``.

        Raises:
            StoreUnavailable: the file cannot be written; nothing has changed.
        """
        with self._lock, self._using() as db:
            db.execute("BEGIN IMMEDIATE")
            pairs = zip(embeddings, numbers, strict=True)
            rows = [(embedding.astype("<f4").tobytes(), model, number) for embedding, number in pairs]
            db.executemany("UPDATE shots SET embedding = ?, model = ? WHERE id = ?", rows)
            db.execute("COMMIT")
            self._read(db)

    def keep_game_shot(self, game: str, event_id: str, poses: ShotPoses) -> None:
        """Keep the poses of a game's shot, so that it can be enrolled and compared; drops the oldest of too many.

        Raises:
            StoreUnavailable: the file cannot be written.
        """
        with self._lock, self._using() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(
                "INSERT INTO game_shots (game, event_id, poses) VALUES (?, ?, ?) "
                "ON CONFLICT (game, event_id) DO UPDATE SET poses = excluded.poses", (game, event_id, poses.to_bytes()),
            )  # fmt: skip
            db.execute(
                "DELETE FROM game_shots WHERE id <= (SELECT id FROM game_shots ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (MAX_GAME_SHOTS,),
            )
            db.execute("COMMIT")

    def game_shot(self, game: str, event_id: str) -> ShotPoses:
        """The poses of a game's shot.

        Raises:
            NotFound: none are kept.
            StoreUnavailable: the file cannot be read.
        """
        row = None
        if self._path.exists():
            with self._lock, self._using() as db:
                row = db.execute(
                    "SELECT poses FROM game_shots WHERE game = ? AND event_id = ?", (game, event_id)
                ).fetchone()
        if row is None:
            raise NotFound(
                f"no poses are kept of shot {event_id[:80]!r} of {game}: its shooter's body was not seen, poses were "
                f"not computed, or it is older than the last {MAX_GAME_SHOTS} shots", event_id=event_id[:80],
            )  # fmt: skip
        return ShotPoses.from_bytes(row[0], f"shot {event_id[:80]}")

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """The open file; what fails is rolled back. The caller holds the lock."""
        try:
            db = self._db or self._open()
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        except (sqlite3.DatabaseError, OSError) as error:
            with contextlib.suppress(sqlite3.Error):
                if self._db is not None:
                    self._db.close()
            self._db = None
            raise StoreUnavailable(
                f"the galleries in {self._path} cannot be used: {' '.join(str(error).split())[:160]}; check the file, "
                "its folder and the disk's space", path=str(self._path),
            ) from None  # fmt: skip

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))  # data of people: for its owner only
        db = sqlite3.connect(self._path, timeout=5.0, isolation_level=None, check_same_thread=False)
        try:
            application = db.execute("PRAGMA application_id").fetchone()[0]
            version = db.execute("PRAGMA user_version").fetchone()[0]
            empty = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
            if not empty and (application, version) != (_APPLICATION_ID, _VERSION):
                raise sqlite3.DatabaseError("it is no file of galleries, or of another version of Courtside")
            # No write-ahead log: in it, what was erased would stay for a while.
            for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                db.execute(f"PRAGMA {pragma}")
            if empty:
                db.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    db.execute(table)
                db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {_VERSION}")
                db.execute("COMMIT")
            self._read(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _read(self, db: sqlite3.Connection, key: str | None = None) -> None:
        """Read all shooters, or one of them, and put a new mapping in place."""
        found = dict(self._shooters) if key is not None else {}
        if key is not None:
            found.pop(key, None)
        where, values = ("WHERE key = ?", (key,)) if key is not None else ("", ())
        query = f"SELECT id, name, key, height_cm, enrolled FROM shooters {where}"
        for number, name, own_key, height, enrolled in db.execute(query, values).fetchall():
            rows = db.execute(
                "SELECT id, poses, gather, added, model, embedding FROM shots WHERE shooter = ? ORDER BY id", (number,)
            ).fetchall()
            shots = tuple(
                GalleryShot(row, _poses(poses), gather, added, model, np.frombuffer(embedding, "<f4"))
                for row, poses, gather, added, model, embedding in rows
            )
            found[own_key] = EnrolledShooter(name, height, enrolled, shots)
        self._shooters = dict(sorted(found.items()))
        self.revision += 1


def _poses(data: bytes) -> ShotPoses:
    try:
        return ShotPoses.from_bytes(data, "a kept shot")
    except BadRequest as error:
        raise sqlite3.DatabaseError(f"a shot is damaged ({error.message})") from None


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
