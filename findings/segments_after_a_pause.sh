#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2): `read(file, start=…, frames=…)` should give the samples that stand there when the
# file is read whole, and does for WAV and FLAC, and for any sound without pauses. In an MP3 of variable bit rate, which is
# what soundfile itself writes, the beginning of a segment after a pause is silence or noise: a frame may keep its bits in
# frames before it, and these aren't decoded after a jump. In Ogg Vorbis segments near the end of such a recording are
# shifted by some milliseconds or begin half a second too early. The number of samples is right, and nothing is raised:
# speech cut by the times of a manifest, as corpora of speech are, loses the beginning of its words. Read the file whole
# and cut it then, or convert it before. (An MP3 of constant bit rate is cut rightly, and so is Opus.)
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" - 2>"$work/notes" <<'PY'
import io

import numpy as np
import soundfile

print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__)
RATE = 16000
time = np.arange(RATE // 2) / RATE
random = np.random.default_rng(0)


def voice(pitch: float) -> np.ndarray:
    """Half a second like a vowel: harmonics of a pitch that falls, beginning and ending softly."""
    phase = 2 * np.pi * (pitch * time - 20 * time**2)
    wave = sum(np.sin(k * phase) / k for k in range(1, 12))
    return 0.2 * wave * np.minimum(1, 40 * np.minimum(time, time[::-1]))


parts, starts, length = [], [], 0
for pitch in random.uniform(90, 250, 20):
    parts += [np.zeros(RATE), voice(pitch)]
    starts.append(length + RATE)
    length += RATE + len(time)
sound = np.concatenate(parts).astype(np.float32)


def wrong(kind: str, subtype: str, **more: object) -> tuple[int, float]:
    """How many of the segments differ from the same part of the whole file, and for how long at most."""
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format=kind, subtype=subtype, **more)
    file.seek(0)
    whole, _ = soundfile.read(file)
    until = []  # seconds
    for start in starts:
        file.seek(0)
        found, _ = soundfile.read(file, start=start, frames=len(time))
        assert len(found) == len(time)
        differ = np.flatnonzero(abs(found - whole[start : start + len(time)]) > 0.01)
        until.append(differ[-1] / RATE if len(differ) else 0)
    return sum(value > 0 for value in until), max(until)


mp3 = "MPEG_LAYER_III"
seen = {
    "MP3 as written by default": wrong("MP3", mp3),
    "MP3 of variable bit rate": wrong("MP3", mp3, bitrate_mode="VARIABLE", compression_level=0.5),
    "MP3 of constant bit rate": wrong("MP3", mp3, bitrate_mode="CONSTANT", compression_level=0.5),
    "FLAC": wrong("FLAC", "PCM_16"),
    "Ogg Opus": wrong("OGG", "OPUS"),
    "Ogg Vorbis": wrong("OGG", "VORBIS"),
}
for name, (count, longest) in seen.items():
    print(f"{name:26} {count:2} of {len(starts)} segments begin wrongly, for up to {1000 * longest:.0f} ms")
counts = [count for count, _ in seen.values()]
as_seen = min(counts[:2]) >= len(starts) // 2 and counts[2:5] == [0, 0, 0] and counts[5] > 0
print("as described" if as_seen else "the behaviour has changed")
raise SystemExit(not as_seen)
PY
