"""A language model reads packed pieces as if each were alone, and is measured exactly."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import reviews
from torch.nn import functional as F
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertConfig,
    DebertaV2Config,
    GPTNeoConfig,
)

from weitiao.data.batch import Batching, Draws
from weitiao.errors import ConfigError
from weitiao.io.corpora import Corpus
from weitiao.pretraining.card import NOT_PREDICTED, LanguageCard
from weitiao.pretraining.datamodule import LanguageData, PackedRows
from weitiao.pretraining.module import LanguageModel
from weitiao.pretraining.networks import Continued, Scratch
from weitiao.pretraining.prepare import PackedSequences
from weitiao.pretraining.tokenizer import LanguageTokenizer

SMALL = partial(Scratch, layers=2, width=16, heads=2, dropout=0.0)
OBJECTIVES = ("masked", "causal")


def data(folder: Path, objective: str, length: int = 64) -> LanguageData:
    (folder / "c.txt").write_text("\n".join(text for text, _ in reviews(120)), "utf-8")
    return LanguageData(
        Corpus(str(folder / "c.txt")),
        objective,
        tokenizer=LanguageTokenizer("characters", min_count=1),
        max_length=length,
        val=0.2,
        batch=Batching(size=4, tokens=None),
        cache=str(folder / "cache"),
    )


def everything(of: LanguageData, split: str = "val") -> dict[str, torch.Tensor]:
    """All blocks of a split as one batch."""
    blocks = PackedSequences.of(of.prepared[0], split)
    rows = PackedRows(blocks, of.card, of.masking, of.seed)
    numbers = np.arange(len(rows))
    return rows.__getitems__(Draws(numbers, numbers, 0))


def losses(module: LanguageModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        hidden, ids = module.asked(batch)
        return F.cross_entropy(module.network.head(hidden), ids, reduction="none")


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_packed_pieces_have_the_loss_that_each_has_alone(tmp_path: Path, objective: str) -> None:
    of = data(tmp_path, objective)
    module = LanguageModel(of.card, SMALL).eval()
    batch = everything(of)
    together = losses(module, batch).sort().values
    assert int(batch["inputs"]["piece"].max()) > 0
    alone = []
    for row in range(len(batch["row"])):
        for piece in range(int(batch["inputs"]["piece"][row].max()) + 1):
            where = batch["inputs"]["piece"][row] == piece
            names = ("input_ids", "positions")
            inputs = {name: batch["inputs"][name][row][where][None] for name in names}
            inputs["piece"] = torch.zeros_like(inputs["positions"])
            target = batch["target"][row][where][None]
            alone.append(losses(module, {"inputs": inputs, "target": target}))
    assert torch.allclose(torch.cat(alone).sort().values, together, atol=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_parts_of_the_positions_have_the_gradients_of_all(
    tmp_path: Path, objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weitiao.objectives.chunked.LOGITS", 2000)  # several parts
    of = data(tmp_path, objective)
    module = LanguageModel(of.card, SMALL)
    weights = dict(module.named_parameters())  # those of the head are the embeddings' as well
    hidden, ids = module.asked(batch := everything(of))
    plain = F.cross_entropy(module.network.head(hidden), ids)
    loss, size = module.loss(batch)
    assert int(size) == len(ids) > 2 * 2000 // of.card.vocab_size
    assert torch.allclose(loss, plain, atol=1e-5)
    pairs = (torch.autograd.grad(x, [*weights.values()], allow_unused=True) for x in (loss, plain))
    for name, now, then in zip(weights, *pairs, strict=True):
        assert (now is None) == (then is None), name
        assert now is None or torch.allclose(now, then, atol=1e-6), name


@pytest.mark.parametrize("length", [64, 16])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_loss_is_that_of_transformers_itself(
    tmp_path: Path, objective: str, length: int
) -> None:
    of = data(tmp_path, objective, length)
    module = LanguageModel(of.card, SMALL).eval()
    batch = everything(of)
    total, count = 0.0, 0
    for row in range(len(batch["row"])):
        for piece in range(int(batch["inputs"]["piece"][row].max()) + 1):
            where = batch["inputs"]["piece"][row] == piece
            ids, labels = batch["inputs"]["input_ids"], batch["target"]
            ids, labels = (values[row][where][None] for values in (ids, labels))
            asked = int((labels[:, 1 if objective == "causal" else 0 :] != NOT_PREDICTED).sum())
            if asked:
                with torch.no_grad():
                    found = module.network.model(
                        input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels
                    )
                total, count = total + float(found.loss) * asked, count + asked
    assert losses(module, batch).mean().item() == pytest.approx(total / count, rel=1e-5)


def test_each_id_of_a_causal_piece_is_asked_but_the_first(tmp_path: Path) -> None:
    batch = everything(data(tmp_path, "causal"))
    asked = batch["target"] != NOT_PREDICTED
    assert (asked == (batch["inputs"]["positions"] > 0) & batch["inputs"]["attention_mask"]).all()


def test_as_many_ends_are_asked_as_there_are_documents(tmp_path: Path) -> None:
    of = data(tmp_path, "causal", length=16)
    batches = [everything(of, split) for split in ("train", "val")]
    assert sum(int((batch["target"] == of.card.end[0]).sum()) for batch in batches) == 120
    assert (
        sum(int((batch["inputs"]["positions"] == 0).sum()) for batch in batches) > 240
    )  # most are cut
    assert all(batch["inputs"]["input_ids"].shape[1] <= 16 for batch in batches)


def test_a_model_is_built_again_from_plain_values(tmp_path: Path) -> None:
    of = data(tmp_path, "masked")
    module = LanguageModel(of.card, SMALL)
    values = module.hparams["network"]["init_args"]
    assert values["layers"] == 2
    assert module.hparams["card"]["vocab_size"] == of.card.vocab_size


@pytest.fixture
def headless(tmp_path: Path) -> tuple[str, int]:
    """An encoder that was saved without a head, and its number of ids."""
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    config = BertConfig(vocab_size=50, intermediate_size=32, max_position_embeddings=32, **sizes)
    BertModel(config).save_pretrained(tmp_path / "encoder")
    return str(tmp_path / "encoder"), 50


def card(vocab_size: int, length: int = 16) -> LanguageCard:
    return LanguageCard("masked", vocab_size, 0, 4, [0, 1, 2, 3, 4], [2], [3], length, {}, "x")


def test_an_encoder_without_a_head_gets_one_that_is_tied(headless: tuple[str, int]) -> None:
    name, size = headless
    network = Continued(card(size + 1), name=name, layers=2)  # a mask token has been added
    model = network.model
    assert model.get_input_embeddings().weight.shape == (size + 1, 16)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert model.config.num_hidden_layers == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (card(60), "the tokenizer has 60 ids, the model .* knows 50"),
        (card(50, length=64), "exceeds the 32 positions"),
    ],
)
def test_what_does_not_fit_a_model_is_told(headless, given: LanguageCard, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Continued(given, name=headless[0])


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a folder nor a name"):
        Continued(card(50), name=str(tmp_path / "none"))


def test_layers_that_are_not_there_are_told(headless: tuple[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"^layers: .* 3 layers, can't keep 4"):
        Continued(card(50), name=headless[0], layers=4)


def test_weights_below_the_head_that_are_not_there_are_told(headless: tuple[str, int]) -> None:
    from safetensors.torch import load_file, save_file

    file = Path(headless[0]) / "model.safetensors"
    weights = load_file(file)
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(ConfigError, match=r"^name: .* lacks 1 .*layer\.1\.output"):
        Continued(card(50), name=headless[0])
    Continued(card(50), name=headless[0], layers=1)  # doesn't want it


def test_weights_that_were_cut_off_are_told(headless: tuple[str, int]) -> None:
    file = Path(headless[0]) / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ConfigError, match=r"^name: no loadable safetensors model .* in"):
        Continued(card(50), name=headless[0])


def saved(folder: Path, of: LanguageData, config: type, **sizes: object) -> str:
    """A model of another kind in a folder, with weights large enough to tell one from another."""
    torch.manual_seed(0)
    shape = config(
        vocab_size=of.card.vocab_size, max_position_embeddings=64, initializer_range=0.5, **sizes
    )
    auto = AutoModelForCausalLM if of.card.objective == "causal" else AutoModelForMaskedLM
    auto.from_config(shape).save_pretrained(folder / "model")
    return str(folder / "model")


NEO = {
    "hidden_size": 16,
    "num_layers": 2,
    "num_heads": 2,
    "attention_types": [[["global", "local"], 1]],
}
BERT = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


def test_pieces_stay_apart_where_attention_adds_its_mask(tmp_path: Path) -> None:
    of = data(tmp_path, "causal")
    network = Continued(of.card, name=saved(tmp_path, of, GPTNeoConfig, **NEO)).eval()
    ids = torch.arange(6)[None] + 5
    positions, piece = torch.tensor([[0, 1, 2, 0, 1, 2]]), torch.tensor([[0, 0, 0, 1, 1, 1]])
    with torch.no_grad():
        together = network(ids, positions, piece)[:, 3:]
        alone = network.model.base_model(ids[:, 3:]).last_hidden_state
    assert network.eager
    assert torch.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("objective", "config"),
    [("masked", DebertaV2Config), ("causal", BertConfig)],
)
def test_what_reads_packed_pieces_otherwise_is_refused(
    tmp_path: Path, objective: str, config: type
) -> None:
    of = data(tmp_path, objective)
    name = saved(tmp_path, of, config, **BERT)
    with pytest.raises(ConfigError, match="can't learn from packed texts"):
        Continued(of.card, name=name)
