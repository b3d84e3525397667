"""The project's vocabulary: words of an older, invented vocabulary stay out of names, files and prose.

`FILES`, `IDENTIFIERS` and `PROSE` are the tables: what is banned, and the standard word to use. The patterns are
narrow, so that ordinary English ("it looks like", "count the frames", "a second ball") passes.
"""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUFFIXES = {".py", ".pyi", ".md", ".html", ".css", ".js", ".toml", ".proto", ".pbtxt", ".txt", ".yml", ".yaml", ".sh"}
NAMES = {"Makefile", "run"}
SKIPPED = ("tests/vocabulary/", "/vendor/", "_pb2", "constraints.txt", "LICENSE")

FILES = {
    "follow": "state.py", "merge": "nms.py", "refute": "filters.py", "clicked": "point_pairs.py", "store": "file.py",
    "count": "stats.py", "advice": "rate_control.py", "rules": "limits.py", "circuit": "circuit_breaker.py",
    "picture": "decoded.py", "observe": "tracker.py", "looks": "sampler.py", "looker": "sampler.py",
    "finders": "models.py", "finder": "detector.py", "told": "events.py", "offer": "export_spec.py",
    "placing": "what it does: output_path, camera_placement or zone",
}  # fmt: skip
"""Banned file names without suffix, and the standard name."""

IDENTIFIERS = {
    # A part of a name in snake_case or CamelCase, in any case: the standard word.
    r"(?P<part>look|looks|looker|lookers)": "detector frame, FrameSampler, detector_fps",
    r"(?P<part>tick|ticks)": "time step, TimeStep, TimeGrid",
    r"(?P<part>finder|finders)": "ShotModels, ShotDetector, detector",
    r"(?P<part>follower|followers)": "ShotState",
    r"(?P<part>story|stories)": "ShotState",
    r"(?P<part>refute|refutes|refuted|refuting)": "reject, rejected, filters",
    r"(?P<part>attest|attests|attested)": "confidence",
    r"(?P<part>outdo|outdoes|outdone)": "suppressed",
    r"(?P<part>rival|rivals)": "overlapping; in basketball: opponent",
    r"(?P<part>strays)": "never_near_rim",
    r"(?P<part>hurtle|hurtles)": "too_fast",
    r"(?P<part>glimpse|glimpses|glimpsed)": "rarely_seen",
    r"(?P<part>nobodys)": "no_shooter",
    r"(?P<part>told|tell|tells|telling)": "emitted, emit",
    r"(?P<part>said|asks|asked|ask)": "output, infer",
    r"(?P<part>judge|judges|judged)": "classify, compare",
    r"(?P<part>clicked)": "point_pairs, PointPairs",
    r"(?P<part>placing|placer|placers)": "output_path, camera_placement or zone",
    r"(?P<part>offer|offers|offered|offering)": "push, update, export_spec: what it does",
    r"(?P<part>observer|observers)": "Tracker",
    # A whole name, as written.
    r"[A-Z]\w*Rules": "*Config",
    r"leaves_rim": "starts_at_rim",
    r"(check_)?\w*_faces?": "signature, check_signature",
    r"Tick|TickGrid|Look|Looker|Observer|ShotFinder|Finders|ShotStory|Clicked|Advice|Circuit": "see the parts above",
}
"""Banned names in code, settings, metrics and messages, and the standard word."""

DEFINED = {
    "observe": "update", "place": "what it does: zone_at, output_path", "face": "signature", "sinks": "never_rises",
}  # fmt: skip
"""Functions and methods that may not be defined under this name; a library's own `observe` may be called."""

ALLOWED_IDENTIFIERS = {
    "look_at": "the usual name of a camera's view rotation in computer graphics",
    "set_xticks": "matplotlib",
    "set_yticks": "matplotlib",
    "tick_params": "matplotlib",
    "tell": "the position in a file, of Python's IO",
    "ResizeObserver": "a browser's own class",
    "DocTestFinder": "the standard library's",
    "IntersectionObserver": "a browser's own class",
}
"""Names that would match but are not ours to choose, with the reason."""

_THINGS = (
    r"frames|detector frames|pixels|metres|times|windows|events|packets|requests|samples|radians|degrees|sizes|widths|"
    r"heights|shots|rows|pictures|images|steps|bits|bytes|MB|MiB|kB|kbit|Mbit|fps|people|tokens|clips|looks"
)
_PERIOD = r"(second|minute|hour)"
_MODEL = r"(models?|networks?|detectors?|engines?|heads?)"
PROSE = {
    rf"\b({_THINGS}) an? {_PERIOD}\b(?! (apart|ago|later|earlier|long)\b)": "per second",
    rf"\d\S*( (?!of\b)\w+){{0,3}} an? {_PERIOD}(?=$|[.,;:)|]| (and|or|at|for|on|in|from|with|is|are|to)\b)":
        "per second",
    r"\blooks? (by|to) look\b|\bevery look\b|\bper look\b|\blook[- ]rate\b": "detector frame",
    r"\b(a|one|each|last|next|previous|nearest) look\b(?! (at|like|as|into|through)\b)": "detector frame",
    r"\b(two|three|few|many|\d+) looks\b(?! (at|like|as|into|through)\b)": "detector frames",
    r"\blooks? (a|per) (second|look)\b|\b(of|between|the) looks\b": "detector frames",
    r"^(?!.*\b(timeline|play head|axis|time base|clock)\b).*?\b(?P<hit>ticks?)\b": "time step",
    r"\b(shot )?finders?\b": "detector, model",
    r"\brefut(e|es|ed|ing|ation)\b": "reject, filter",
    r"\battest(s|ed|ing)?\b": "confidence",
    r"\boutdo(es|ne|ing)?\b": "suppressed",
    r"\brivals?\b": "overlapping; in basketball: opponent",
    r"\bhurtl(e|es|ed|ing)\b": "too fast",
    r"\bglimps(e|es|ed)\b": "rarely seen",
    r"\b(is|are|was|were|be|been|being|shots?|get|gets|got) told\b(?! (apart|otherwise)\b)": "emitted, given",
    r"\b(is|are|was|were|be|been|being) (said|judged)\b": "output, emitted, classified, compared",
    rf"\b{_MODEL} (say|says|said|tell|tells|told)\b(?! apart\b)": "outputs, predicts",
    rf"\b{_MODEL} (is|are|was|were) asked\b|\basks? (the|a|an|its) {_MODEL}\b": "infer, run, request",
    r"\b(an|the|every|each|its) offers?\b(?! \w+ to\b)": "export spec, or what it does",
    r"\b(model's|served|same|other|another|of a) face\b|\bfaces? of (a|the) (model|version|network)\b": "signature",
    r"\bstor(y|ies) of (a|the|each|one) shots?\b|\bshot stor(y|ies)\b": "shot state",
    r"\b(merge|nms|match|ingest|shot)(ing)? rules\b": "config, criteria",
}
"""Banned phrases in documents, comments, docstrings, messages and pages, and the standard words."""

ALLOWED_LINES = {
    "server/courtside_server/settings.py": r'^    "[\w.]+": "[\w.]+",$',  # old setting names answer with the new ones
    "tests/server/test_settings.py": r"look_rate.*detector_fps",  # the test of that
    "CHANGELOG.md": r"→|->|renamed|is now",  # renames are listed
    "server/courtside_server/render/timeline.py": r"tick",  # marks on a timeline
    "tests/core/test_film.py": r"\bticks\b",  # units of a container's time base
    "tests/server/events/test_event_log.py": r"self\.ticks",  # of a clock
}
"""Lines in which a word is right: by file, a pattern of the line."""


@dataclass(frozen=True)
class Hit:
    """One banned word: where it stands, the text, and the standard word."""

    path: str
    line: int
    text: str
    standard: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text!r}, use: {self.standard}"


_PARTS = {word: standard for pattern, standard in IDENTIFIERS.items() if pattern.startswith("(?P<part>")
          for word in pattern[len("(?P<part>"):-1].split("|")}  # fmt: skip
_WHOLE = [(re.compile(p), s) for p, s in IDENTIFIERS.items() if not p.startswith("(?P<part>")]
_PROSE = [(re.compile(p, re.IGNORECASE), s) for p, s in PROSE.items()]
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORD = re.compile(r"[A-Za-z_]\w*")
_CODE = re.compile(r"[a-z0-9]_[a-z0-9]|[a-z][A-Z]|^_", re.ASCII)
_DEFINED = re.compile(r"^\s*(?:async )?def (\w+)|^\s*function (\w+)")


def check_identifier(name: str) -> str | None:
    """The standard word for a banned name, None for a good one."""
    if name in ALLOWED_IDENTIFIERS:
        return None
    if name.startswith("test_"):  # the name of a test is a sentence
        return next((standard for _, standard in check_prose(name.replace("_", " "))), None)
    for part in _HUMP.findall(name):
        if part.lower() in _PARTS:
            return _PARTS[part.lower()]
    if name.isupper():  # constants such as a body's FACE
        return None
    return next((standard for pattern, standard in _WHOLE if pattern.fullmatch(name)), None)


def check_prose(text: str) -> Iterator[tuple[str, str]]:
    """Banned phrases and banned names written like code (with an underscore or a hump), with the standard words."""
    for pattern, standard in _PROSE:
        yield from ((found.groupdict().get("hit") or found[0], standard) for found in pattern.finditer(text))
    for found in _WORD.finditer(text):
        if _CODE.search(found[0]) and (standard := check_identifier(found[0])):
            yield found[0], standard


def check_python(source: str) -> Iterator[tuple[int, str, str]]:
    """Names, comments and strings of Python source: (line, text, standard word)."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            if standard := check_identifier(token.string):
                yield token.start[0], token.string, standard
        elif token.type in (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)):
            for offset, line in enumerate(token.string.splitlines()):
                yield from ((token.start[0] + offset, text, standard) for text, standard in check_prose(line))


def check_text(path: str, source: str) -> Iterator[Hit]:
    """Every banned word of one file."""
    allowed = re.compile(ALLOWED_LINES[path]) if path in ALLOWED_LINES else None
    lines = source.splitlines()
    found: set[tuple[int, str, str]] = set()
    if path.endswith((".py", ".pyi")):
        found.update(check_python(source))
    for number, line in enumerate(lines, 1):
        if not path.endswith((".py", ".pyi")):
            found.update((number, text, standard) for text, standard in check_prose(line))
            if path.endswith((".js", ".css", ".proto", ".toml")):
                words = (word[0] for word in _WORD.finditer(re.sub(r"//.*|#.*|\"[^\"]*\"|'[^']*'|`[^`]*`", "", line)))
                found.update((number, word, standard) for word in words if (standard := check_identifier(word)))
        defined = _DEFINED.match(line)
        if defined and (name := defined[1] or defined[2]) in DEFINED:
            found.add((number, f"def {name}", DEFINED[name]))
    for number, text, standard in sorted(found):
        if allowed is None or not allowed.search(lines[number - 1]):
            yield Hit(path, number, text, standard)


def check_path(path: str) -> Iterator[Hit]:
    """Banned names of the file and its folders."""
    for part in Path(path).parts:
        stem = part.split(".")[0]
        bare = stem.removeprefix("test_")
        if (standard := FILES.get(bare) if part.endswith((".py", ".js")) else None) or (
            standard := check_identifier(stem)
        ):
            yield Hit(path, 0, part, standard)


def tracked() -> list[str]:
    """Files of the working tree that git tracks and the test reads."""
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    wanted = (p for p in out if Path(p).suffix in SUFFIXES or Path(p).name in NAMES)
    return [p for p in wanted if not any(word in p for word in SKIPPED) and (ROOT / p).is_file()]


def test_the_banned_words_stay_out() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout, which lists the files")
    hits: list[Hit] = []
    for path in tracked():
        hits += check_path(path)
        hits += check_text(path, (ROOT / path).read_text("utf-8"))
    assert not hits, f"{len(hits)} banned words\n" + "\n".join(map(str, hits))


@pytest.mark.parametrize(
    "text",
    [
        "It looks like a ball; look at the rim.", "Count the frames of the picture.", "the official rule book",
        "Wait a second, then retry.", "Only a second ball stays.", "two shots a second apart", "the face of a person",
        "It offers three functions.", "Nobody asked for it.", "A closer look at convolutions", "the first two look up",
        "two players can be told apart", "what the detector tells apart",
        "the message says what to do", "def test_seasons_look_different():",
        "10 simulated games of a minute", "stray detections", "a tick on the timeline",
    ],
)  # fmt: skip
def test_ordinary_english_passes(text: str) -> None:
    assert list(check_prose(text)) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("15 looks a second", 2), ("at 30 frames a second", 1), ("9.8 metres a second,", 1), ("look by look", 1),
        ("the last tick of the window", 1), ("a version of another face", 1), ("set `look_rate` to 15", 1),
        ("shots told by windows", 1), ("a rival shot", 1), ("courtside_looks_total", 1), ("what the model says", 1),
        ("def test_the_last_look_is_told():", 1), ("the model is asked once", 1), ("a few looks", 1),
    ],
)  # fmt: skip
def test_invented_words_are_found(text: str, count: int) -> None:
    assert len({standard for _, standard in check_prose(text)}) >= 1
    assert len(list(check_prose(text))) >= count


@pytest.mark.parametrize(
    "name",
    ["lookers", "TickGrid", "tick_rate", "shotFinder", "MergeRules", "check_clip_face", "OFFER", "is_told"],
)
def test_invented_names_are_found(name: str) -> None:
    assert check_identifier(name)


@pytest.mark.parametrize("name", ["look_at", "lookup", "set_xticks", "mask", "surface", "FACE", "sinks", "tell"])
def test_standard_names_pass(name: str) -> None:
    assert check_identifier(name) is None


def test_hits_name_file_line_and_standard_word() -> None:
    source = 'def observe(looks):\n    """Looks a second."""\n    return MergeRules(looks)  # a rival\n'
    hits = [str(hit) for hit in check_text("x.py", source)]
    assert any(hit.startswith("x.py:1: 'looks', use: detector frame") for hit in hits)
    assert {int(hit.split(":")[1]) for hit in hits} == {1, 2, 3}
    assert [str(hit) for hit in check_path("server/finder/merge.py")] == [
        "server/finder/merge.py:0: 'finder', use: ShotModels, ShotDetector, detector",
        "server/finder/merge.py:0: 'merge.py', use: nms.py",
    ]
