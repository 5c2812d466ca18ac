"""What simpler models tell sounds apart by: cepstra, averaged over a clip."""

from __future__ import annotations

import numpy as np

from weitiao.inputs.audio.rows import SoundRows

CEPSTRA = 13
THIRDS = 3


def features(rows: SoundRows) -> np.ndarray:
    """Means and deviations of mel cepstra, and their means in each third of a clip, ``(N, F)``.

    Cepstra are the cosine transform of the logarithms of bands (Davis & Mermelstein 1980).
    """
    from scipy.fft import dct

    found = []
    for row in range(len(rows.lengths)):
        (clip,) = rows.spectrograms(np.array([row]))
        cepstra = dct(clip, norm="ortho")[:, :CEPSTRA]
        thirds = [part.mean(0) for part in np.array_split(cepstra, THIRDS) if len(part)]
        thirds += [thirds[-1]] * (THIRDS - len(thirds))
        found.append(np.concatenate([cepstra.mean(0), cepstra.std(0), *thirds]))
    return np.array(found, np.float32)
