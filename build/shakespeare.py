"""The corpus of the small model: Shakespeare's works as plain text, three whole plays of them held out.

Expected is a folder of one .txt file a work in the layout of the public-domain Moby edition: a speaker's
name, a tab, the speech; further lines of it begin with a tab.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from project import BuildError

HELD_OUT = ("midsummersnightsdream", "macbeth", "kingrichardii")  # a comedy, a tragedy, a history
SPEAKER = re.compile(r"^([^\t\n]+)\t", re.MULTILINE)
# "First Witch" is not among these: figures from elsewhere may rest on a text that joins her to her words
SPEAKER_IN_CAPITALS = re.compile(r"^([A-Z][A-Z ]*)\t", re.MULTILINE)


def normalise(text: str, speaker: re.Pattern[str] = SPEAKER) -> str:
    """One work as the model reads it: the speaker on a line of their own, no tabs, at most one blank line."""
    text = speaker.sub(r"\1:\n", text).replace("\t", "")
    return re.sub(r"\n{3,}", "\n\n", text)


def read_corpus(folder: Path) -> tuple[list[str], list[str]]:
    """(training works, held-out plays), normalised, from a folder of .txt files."""
    paths = {path.stem: path for path in sorted(folder.glob("*.txt"))}
    missing = [name for name in HELD_OUT if name not in paths]
    if missing:
        raise BuildError(
            f"{folder} has {len(paths)} .txt files, and {missing[0]}.txt is not among them.\n"
            "Give --corpus the folder of Shakespeare's works; the model's card says where the public has it."
        )
    works = {name: normalise(path.read_text("utf-8")) for name, path in paths.items()}
    return [text for name, text in works.items() if name not in HELD_OUT], [works[name] for name in HELD_OUT]


def held_out_in_capitals(folder: Path) -> str:
    """The held-out plays with only the speakers in capitals on a line of their own: 331,476 bytes."""
    texts = ((folder / f"{name}.txt").read_text("utf-8") for name in HELD_OUT)
    return "\n\n".join(normalise(text, SPEAKER_IN_CAPITALS) for text in texts)


def sha256(works: list[str]) -> str:
    """The fingerprint of a list of works, in UTF-8, one blank line between them."""
    return hashlib.sha256("\n\n".join(works).encode()).hexdigest()
