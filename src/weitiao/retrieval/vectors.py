"""From texts to vectors, by a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from weitiao.data.batch import EpochBatches, Rows
from weitiao.data.loader import ResumableLoader
from weitiao.errors import ConfigError
from weitiao.evaluation.arithmetic import arithmetic, cast, device_of, moved
from weitiao.evaluation.inference import Hardware
from weitiao.evaluation.opening import open_model
from weitiao.inputs.text.fitted import FittedText
from weitiao.inputs.text.rows import TokenRows
from weitiao.io.cache import content_hash, hash_of
from weitiao.io.exported import MARK
from weitiao.objectives.vectors.bi_encoder import BiEncoder

Side = Literal["text", "pair"]
"""Queries are read as first texts of pairs are, what is searched as second ones."""


class Embedder:
    """A model of pairs that are read apart, asked for the vectors of texts.

    Args:
        path: checkpoint.
        changes: how to read new files, where that isn't as in training.
        hardware: where it computes.

    Raises:
        ConfigError: it has no vector of a single text, or can't be read.
    """

    def __init__(
        self,
        path: Path,
        changes: Mapping[str, Any],
        hardware: Hardware,
        *,
        trust_remote_code: bool = False,
    ) -> None:
        model, self.rows = open_model(path, changes, trust_remote_code=trust_remote_code)
        if not isinstance(model.objective, BiEncoder) or not isinstance(
            self.rows.fitted, FittedText
        ):
            kind = type(model.objective).__name__
            problem = f": a {kind} has no vector of a text by itself"
            raise ConfigError(problem, field="ckpt_path", hint="{--task} likeness, or retrieval")
        if (device := device_of(hardware.accelerator)) is None or hardware.devices > 1:
            raise ConfigError("= 1 of cpu, gpu or mps is what computes here", field="devices")
        self.objective, self.encoder = model.objective, self.rows.fitted.encoder
        self.model = cast(model, hardware.precision).to(device).eval()
        self.device, self.precision = device, hardware.precision
        self.width, self.path = model.objective.widths[0], path

    def fingerprint(self) -> str:
        """What the model is known by."""
        weights = self.path.parent.glob("*.safetensors") if self.path.name == MARK else ()
        return hash_of(*map(content_hash, [self.path, *sorted(weights)]))

    def column(self, side: Side) -> str:
        """What the column of such texts was called in training."""
        return self.rows.input.columns[side]

    def vectors(self, table: pa.Table, side: Side) -> np.ndarray:
        """Vectors of length 1, ``(N, H)`` float32.

        Args:
            table: cleaned rows; of their ``text``.
        """
        encoder = self.encoder if side == "text" else self.encoder.second
        rows = TokenRows(encoder.encode(table["text"].to_pylist()), encoder.pad_id)
        order = EpochBatches(rows.lengths, self.rows.batch, shuffle=False)
        found = np.empty((len(table), self.width), np.float32)
        with arithmetic(self.precision, self.device):
            for batch in ResumableLoader(Rows(rows), order):
                inputs = moved(batch["inputs"], self.device)
                said = self.objective.vectors(self.model.backbone, inputs)
                found[batch["row"].numpy()] = said.float().cpu().numpy()
        return found
