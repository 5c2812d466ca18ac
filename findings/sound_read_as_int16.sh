#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): `read(dtype="int16")`, as voice activity detectors and Kaldi want samples, should
# give the same sound whatever the file holds, and does for WAV, FLAC and MP3 of integers: what is too loud is clipped.
# A WAV of floats comes out as silence, since its numbers from -1 to 1 are rounded and not scaled; written the other way,
# integers into a file of floats stand there as they are, 32,767 times too loud. And in an Ogg Vorbis whose decoder
# exceeds 1, as it does at the peaks of any loud recording, samples wrap around from 32,767 to -32,768, which is a loud
# click where the same file as floats is nearly a sine. Nothing is raised. Read floats, and clip and scale them by
# yourself.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import io

import numpy as np
import soundfile

print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__)
RATE = 16000
sine = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
KINDS = {
    "WAV of integers": ("WAV", "PCM_16"),
    "WAV of floats": ("WAV", "FLOAT"),
    "FLAC": ("FLAC", "PCM_16"),
    "MP3": ("MP3", "MPEG_LAYER_III"),
    "Ogg Vorbis": ("OGG", "VORBIS"),
}
seen = {}
for name, (kind, subtype) in KINDS.items():
    told = []
    for loud in (0.5, 1.2):  # at 1.2 the peaks are cut off
        file = io.BytesIO()
        soundfile.write(file, loud * sine, RATE, format=kind, subtype=subtype)
        file.seek(0)
        numbers = soundfile.read(file, dtype="int16")[0].astype(int)
        told += [int(abs(numbers).max()), int(abs(np.diff(numbers)).max())]
    seen[name] = told
    print(f"{name:16} half as loud as can be: largest {told[0]:6}, too loud: largest step {told[3]:6}")
file = io.BytesIO()
soundfile.write(file, np.array([32767], np.int16), RATE, format="WAV", subtype="FLOAT")
file.seek(0)
written = float(soundfile.read(file)[0][0])
print("32,767 written as integer into a WAV of floats:", written)
as_seen = all(15000 < seen[name][0] < 18000 for name in KINDS if name != "WAV of floats")
as_seen &= seen["WAV of floats"][0] <= 1 and written == 32767
as_seen &= max(seen[name][3] for name in ("WAV of integers", "FLAC", "MP3")) < 15000
as_seen &= seen["Ogg Vorbis"][3] > 50000
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
