"""What pretraining can't read is told in one message, and nothing half-written is left."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Command, reviews
from pretraining_runs import SMALL

from weitiao.pretraining.tokenizer import LanguageTokenizer

pytestmark = pytest.mark.slow
TEXTS = [text for text, _ in reviews(60)]
CONTINUED = ("--model.network=Continued", "--model.network.name=model")


class Bad(NamedTuple):
    """A corpus or options at fault, what is told of them, and whether before the preparation."""

    told: list[str]
    options: tuple[str, ...] = ()
    corpus: tuple[str, bytes] = ("c.txt", "\n".join(TEXTS).encode())
    early: bool = False


BAD = {
    "an empty file": Bad(["c.txt", "the file is empty"], corpus=("c.txt", b"")),
    "no document": Bad(["c.txt", "holds no document"], corpus=("c.txt", b"\n \n")),
    "only short ones": Bad(["c.txt", "60 are shorter"], ("--data.corpus.min_chars=999",)),
    "no text": Bad(["c.txt", "binary file"], corpus=("c.txt", bytes(range(256)) * 9)),
    "an archive that was cut off": Bad(
        ["c.txt.gz", "cut off"],
        corpus=("c.txt.gz", gzip.compress("\n".join(TEXTS * 500).encode())[:-9]),
    ),
    "too rare": Bad(
        ["seen 9999 times", "--data.tokenizer.min_count 1"],
        ("--data.tokenizer.name=characters", "--data.tokenizer.min_count=9999"),
    ),
    "ids of its own": Bad(["doesn't know the ids", "--data.tokenizer.name"], CONTINUED, early=True),
    "more ids than the model": Bad(
        ["data.tokenizer.name must be the model's own", "'model' knows"],
        (*CONTINUED, "--data.tokenizer.name=bigger"),
    ),
    "ids of another model": Bad(
        ["tokens of the model 'model'", "id in 'other'", "→ --data.tokenizer.name model"],
        (*CONTINUED, "--data.tokenizer.name=other"),
        early=True,
    ),
    "more layers than the model": Bad(
        ["model.network.layers: 'model' has 1 layers, can't keep 2"],
        (*CONTINUED, "--data.tokenizer.name=model", "--model.network.layers=2"),
    ),
    "weights that were cut off": Bad(
        ["model.network.name", "'cut' in that folder"],
        (*CONTINUED, "--data.tokenizer.name=model", "--model.network.name=cut"),
    ),
    "a tokenizer that isn't there": Bad(
        ["data.tokenizer.name: can't load a tokenizer 'empty'"],
        (*CONTINUED, "--data.tokenizer.name=empty"),
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with its tokenizer, one whose weights were cut off; tokenizers with other ids."""
    from transformers import BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("models")
    (folder / "empty").mkdir()
    tokenizer = LanguageTokenizer("characters", min_count=1).make(iter(TEXTS), "masked")
    tokenizer.save_pretrained(folder / "model")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(tokenizer), intermediate_size=8, **sizes)
    BertForMaskedLM(config).save_pretrained(folder / "model")
    shutil.copytree(folder / "model", folder / "cut")
    weights = folder / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    tokenizer.add_tokens(["一", "二", "三"])
    tokenizer.save_pretrained(folder / "bigger")
    other = LanguageTokenizer("characters", min_count=1).make(iter(TEXTS[:30]), "masked")
    other.save_pretrained(folder / "other")
    return folder


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_told_and_leaves_nothing(
    case: str, models: Path, command: Command, tmp_path: Path
) -> None:
    told, options, (name, content), early = BAD[case]
    shutil.copytree(models, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_bytes(content)
    before = set(tmp_path.rglob("*"))
    given = [*SMALL, f"--data.corpus.files={name}", *options]
    if "--model.network=Continued" in options:  # it has sizes and a tokenizer of its own
        own = ("--model.network.", "--data.tokenizer.min_count")
        given = [o for o in SMALL if not o.startswith(own)] + list(options)
    done = command(*given, cwd=tmp_path, script="pretrain.py")
    assert done.code == 1, done.err
    assert all(part in done.err for part in told), done.err
    assert done.err.count("error: ") == 1
    assert "Traceback" not in done.err
    assert "data.encode" not in done.err  # options of another command
    left = {path for path in tmp_path.rglob("*") if ".cache" not in path.parts}
    assert left == before
    assert not [*tmp_path.rglob("*.part")]
    if early:
        assert not (tmp_path / ".cache").exists()
