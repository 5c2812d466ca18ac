#!/usr/bin/env bash
# Half a WAV or half an MP3 is read without an error: soundfile gives the samples that are there. Of
# the MP3 it says beforehand that all are (`frames` comes from the file's head), and gives fewer; the
# decoder writes a line on fuzzy seeking to stderr. Of the WAV it counts what is left, so nothing
# shows that the other half is gone: a broken download becomes a short clip with the label of the
# whole. FLAC and OGG, cut in the same way, are errors.
# A WAV whose head says 0 bytes, as a recorder leaves it that is killed, has no samples, though all
# of them stand behind the head.
# Seen with soundfile 0.14.0 (libsndfile 1.2.2), two seconds of a tone at 16,000 samples a second:
#   wav, cut in half     15989 samples, announced 15989
#   mp3, cut in half     13295 samples, announced 32000
#   flac, cut in half    LibsndfileError
#   ogg, cut in half     LibsndfileError
#   wav of 0 bytes       0 samples, announced 0
# Exits non-zero if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q soundfile==0.14.0 numpy==2.4.0
cat > half.py <<'PYTHON'
import io

import numpy as np
import soundfile

TONE = 0.5 * np.sin(np.arange(32_000) * 0.1)
print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__)


def written(form: str) -> bytes:
    """The tone as a file of a format."""
    file = io.BytesIO()
    soundfile.write(file, TONE, 16_000, format=form)
    return file.getvalue()


def told(content: bytes) -> tuple[int, int] | None:
    """How many samples are read, and how many the library announces; null = an error."""
    try:
        samples, _ = soundfile.read(io.BytesIO(content))
        return len(samples), soundfile.info(io.BytesIO(content)).frames
    except soundfile.LibsndfileError:
        return None


found = {}
for form in ("wav", "mp3", "flac", "ogg"):
    whole = written(form)
    assert told(whole) == (32_000, 32_000), form
    found[f"{form}, cut in half"] = told(whole[: len(whole) // 2])
whole = written("wav")
size = whole.index(b"data") + 4
found["wav of 0 bytes"] = told(whole[:size] + bytes(4) + whole[size + 4 :])
for name, counts in found.items():
    said = "LibsndfileError" if counts is None else f"{counts[0]} samples, announced {counts[1]}"
    print(f"{name:20s} {said}")

read, announced = found["wav, cut in half"]
assert 15_000 < read == announced < 17_000
read, announced = found["mp3, cut in half"]
assert 10_000 < read < 20_000, read
assert announced == 32_000
assert found["flac, cut in half"] is None
assert found["ogg, cut in half"] is None
assert found["wav of 0 bytes"] == (0, 0)
PYTHON
venv/bin/python half.py
