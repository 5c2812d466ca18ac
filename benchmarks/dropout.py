"""A step of an encoder of BERT's kind on a CPU with torch's dropout and attention, and with ours.

    python benchmarks/dropout.py [--layers 12] [--width 384] [--precision bf16|32|onednn]

Alternating steps of the same weights and ids; processor seconds, medians. Without attention dropout
is what people set to be faster. `onednn` is float32 with its products.
"""

from __future__ import annotations

import argparse
import statistics
import time
from copy import deepcopy

import torch
from rich.console import Console
from rich.table import Table
from transformers import BertConfig, BertModel

from weitiao.models.backbones.attention import quicken
from weitiao.training import matmul

VOCABULARY, BATCH = 20_000, 32


def seconds(model: BertModel, ids: torch.Tensor, mask: torch.Tensor, *, half: bool) -> float:
    """Processor seconds of a forward and backward pass."""
    begin = time.process_time()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        loss = model(ids, mask).last_hidden_state.float().square().mean()
    loss.backward()
    spent = time.process_time() - begin
    model.zero_grad()
    return spent


def main() -> None:
    """Print milliseconds a step for three lengths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--precision", choices=["bf16", "32", "onednn"], default="bf16")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sizes = {"hidden_size": options.width, "intermediate_size": 4 * options.width}
    config = BertConfig(vocab_size=VOCABULARY, num_hidden_layers=options.layers, **sizes)
    if options.precision == "onednn":
        matmul.use("onednn")
    models = {"torch": BertModel(config, add_pooling_layer=False).train()}
    models["ours"] = deepcopy(models["torch"])
    for name in ("torch", "ours"):
        models[f"{name}, no attention dropout"] = bare = deepcopy(models["torch"])
        for layer in bare.encoder.layer:
            layer.attention.self.dropout.p = 0.0
    for name, model in models.items():
        if name.startswith("ours"):
            quicken(model)
    table = Table("positions", *models, title=f"processor ms a step of {BATCH} texts")
    for length in (20, 66, 128, 256):
        mask = torch.ones(BATCH, length, dtype=torch.long)
        mask[:5, -3:] = 0
        found: dict[str, list[float]] = {name: [] for name in models}
        for _ in range(options.rounds):
            ids = torch.randint(VOCABULARY, (BATCH, length))
            for name, model in models.items():
                found[name].append(seconds(model, ids, mask, half=options.precision == "bf16"))
        table.add_row(str(length), *(f"{1e3 * statistics.median(x):.0f}" for x in found.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
