"""Files for TensorBoard's projector: the vectors, with their words, in three dimensions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from weitiao.io.atomic import whole_or_not

TENSORS, METADATA, CONFIG = "tensors.tsv", "metadata.tsv", "projector_config.pbtxt"


def write_projector(
    folder: Path, words: Sequence[str], counts: Sequence[int], matrix: np.ndarray, told: str
) -> None:
    """Write what the projector of ``tensorboard --logdir`` loads.

    `SummaryWriter.add_embedding` would add to what an earlier call left; this replaces it.

    Args:
        folder: shown as a run, so it holds an events file too.
        words: without white space.
        counts: how often each is seen.
        matrix: ``(V, D)``.
        told: Markdown, shown under TEXT.
    """
    from tensorboard.plugins.projector import EmbeddingInfo, ProjectorConfig
    from torch.utils.tensorboard import SummaryWriter

    folder.mkdir(parents=True, exist_ok=True)
    tensors = "".join("\t".join(map(str, vector)) + "\n" for vector in matrix)
    rows = "".join(f"{word}\t{count}\n" for word, count in zip(words, counts, strict=True))
    info = EmbeddingInfo(tensor_name="words", tensor_path=TENSORS, metadata_path=METADATA)
    config = str(ProjectorConfig(embeddings=[info]))
    for name, content in (
        (TENSORS, tensors),
        (METADATA, "word\tcount\n" + rows),
        (CONFIG, config),
    ):
        with whole_or_not(folder / name) as part:
            part.write_text(content, "utf-8")
    with SummaryWriter(str(folder)) as writer:  # without events it would be no run
        writer.add_text("embed", told)
