"""Every option of pretraining that is its own does something: another value gives another run.

Those that it shares with ``fit`` (run, trainer, batch, optim, segment) are tried there.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from conftest import Command, reviews, write_csv
from pretraining_runs import SMALL, pretrain, rows

ROOT = Path(__file__).parents[2]
SHARED = ("run.", "trainer", "data.batch.", "data.segment.", "model.optim.")
GENERAL = (
    "seed_everything",
    "ckpt_path",
    "allow_code",
    "run",
    "data.segment",
    "data.batch",
    "model.optim",
)
CORPUS = ("files", "format", "text", "encoding", "min_chars", "deduplicate")
CHARACTERS = "--data.tokenizer.name=characters"
ANOTHER: dict[str, tuple[str, ...]] = {
    "data.corpus.files": ("--data.corpus.files=other.txt",),
    "data.corpus.format": ("--data.corpus.files=c.csv", "--data.corpus.format=lines"),
    "data.corpus.text": ("--data.corpus.files=c.csv", "--data.corpus.text=b"),
    "data.corpus.encoding": ("--data.corpus.files=c16.txt", "--data.corpus.encoding=utf-16"),
    "data.corpus.min_chars": ("--data.corpus.min_chars=24",),
    "data.corpus.deduplicate": ("--data.corpus.files=twice.txt", "--data.corpus.deduplicate=false"),
    "data.objective": ("--data.objective=causal",),
    "data.tokenizer.name": ("--data.tokenizer.name=characters",),
    "data.tokenizer.vocab_size": (CHARACTERS, "--data.tokenizer.vocab_size=40"),
    "data.tokenizer.min_count": (CHARACTERS, "--data.tokenizer.min_count=50"),
    "data.tokenizer.lowercase": ("--data.corpus.files=big.txt", "--data.tokenizer.lowercase=false"),
    "data.tokenizer.characters": (CHARACTERS, "--data.tokenizer.characters=200"),
    "data.masking": ("--data.masking={unit: id}",),
    "data.masking.unit": ("--data.masking.unit=id",),
    "data.masking.share": ("--data.masking.share=0.3",),
    "data.masking.ngram": ("--data.masking.ngram=3",),
    "data.masking.random": ("--data.masking.random=0.5",),
    "data.masking.kept": ("--data.masking.kept=0.5",),
    "data.max_length": ("--data.max_length=20",),
    "data.val": ("--data.val=0.3",),
    **{
        f"data.without{'.' * bool(name)}{name}": ("--data.without={files: other.txt}",)
        for name in ("", *CORPUS)
    },
    "model.network": ("--model.network={class_path: Scratch, init_args: {layers: 2}}",),
    "model.network.layers": ("--model.network.layers=2",),
    "model.network.width": ("--model.network.width=16",),
    "model.network.heads": ("--model.network.heads=1",),
    "model.network.feedforward": ("--model.network.feedforward=8",),
    "model.network.dropout": ("--model.network.dropout=0",),
    "model.network.activation": ("--model.network.activation=relu",),
    "model.network.name": ("--model.network=Continued", "--model.network.name=whole/model"),
}
"""Option → a command line that differs from the plain one; of a corpus with the file it is for."""
BESIDE = {  # what the command without the option, but with its file, gives
    "data.corpus.text": ("--data.corpus.files=c.csv",),
    "data.corpus.format": ("--data.corpus.files=c.csv",),
    "data.corpus.deduplicate": ("--data.corpus.files=twice.txt",),
    "data.tokenizer.lowercase": ("--data.corpus.files=big.txt",),
    **{f"data.tokenizer.{n}": (CHARACTERS,) for n in ("vocab_size", "min_count", "characters")},
    "data.corpus.encoding": None,  # can't be read without it
}


@pytest.fixture(scope="module")
def world(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora, and the run `whole`."""
    folder = tmp_path_factory.mktemp("pretrain-options")
    texts = [text for text, _ in reviews(150)]
    others = [text for text, _ in reviews(100, seed=9)] + texts[:50]
    (folder / "c.txt").write_text("\n".join(texts), "utf-8")
    (folder / "other.txt").write_text("\n".join(others), "utf-8")
    (folder / "c16.txt").write_text("\n".join(others), "utf-16")
    (folder / "twice.txt").write_text("\n".join(texts + texts), "utf-8")
    (folder / "big.txt").write_text("\n".join(f"A{text} a Good ONE" for text in texts), "utf-8")
    write_csv(folder / "c.csv", list(zip(texts, others, strict=False)), ("text", "b"))
    done = pretrain(command, folder, "--run.folder=whole")
    assert done.code == 0, done.err
    return folder


def test_every_option_has_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pretrain.py"])
    written = runpy.run_path(str(ROOT / "docs" / "write_options.py"))
    found = {option.name for option in written["options"]()["pretrain"]}
    own = {name for name in found if not name.startswith(SHARED) and name not in GENERAL}
    assert own - {"data.cache"} == set(ANOTHER)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ANOTHER if not name.startswith("data.without.")])
def test_another_value_gives_another_run(world: Path, command: Command, name: str) -> None:
    other = world / f"other-{name}"
    options = [*SMALL, *ANOTHER[name]]
    if name == "model.network.name":  # a pretrained model has a size and a tokenizer of its own
        options = [o for o in options if not o.startswith(("--model.network.", "--data.tok"))]
        options += [*ANOTHER[name], "--data.tokenizer.name=whole/model"]
    done = command(*options, f"--run.folder={other.name}", cwd=world, script="pretrain.py")
    assert done.code == 0, done.err
    beside = BESIDE.get(name, ())
    if beside is None:
        return
    plain = world / "whole"
    if beside:
        plain = world / f"beside-{name}"
        done = pretrain(command, world, f"--run.folder={plain.name}", *beside)
        assert done.code == 0, done.err
    assert rows(other) != rows(plain)
