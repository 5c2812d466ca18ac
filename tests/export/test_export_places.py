"""The verb export, of models that find places in texts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, write_csv
from helpers.exported import alone
from helpers.tiny_models import save_pretrained

import weitiao
from weitiao.export.checked_rows import CheckedRows, Quality, quality

PEOPLE, CITIES = ("王伟", "李秀英", "Anna Lee"), ("北京", "Berlin", "New York")
FILLERS = ("今天", "大家", "又说起", "the weather", "很高兴地", "去年")
LONGEST = 24  # ids of a window
TEXTS = [
    "<b>今天</b>　王伟   在Ｎｅｗ Ｙｏｒｋ",  # which cleaning changes
    "大家又说起 Anna Lee，the weather 在北京。" * 12,  # several windows
    "",
    "<b></b>",
    "王",
    " 没有人 ",
]
QUESTIONS = ["谁？", "where？", "谁？", "谁？", "<b>where</b>？" * 20, ""]


def rows(count: int) -> list[tuple[str, dict[str, tuple[int, int]]]]:
    """Texts, and where a person and a city stand in them."""
    draw, made = random.Random(0), []
    for number in range(count):
        text, places = "", {}
        for kind, names in (("谁", PEOPLE), ("where", CITIES)):
            text += draw.choice(FILLERS) + ("在" if kind == "where" else " ")
            name = draw.choice(names)
            places[kind] = (len(text), len(text) + len(name))
            text += name
        made.append((f"{text}。{number}", places))
    return made


def tags(file: Path) -> None:
    """A file of persons and cities."""
    cells = [(text, json.dumps([[*p, k] for k, p in places.items()])) for text, places in rows(80)]
    write_csv(file, cells, header=("text", "label"))


def answers(file: Path, *, none: bool = False) -> None:
    """A file of questions for one of them; of every third, if so, the text knows nothing."""
    cells = []
    for number, (text, places) in enumerate(rows(120)):
        (kind, (begin, end)) = [*places.items()][number % 2]
        found = [[begin, end, text[begin:end]]]
        if none and number % 3 == 0:
            text, found = "大家又说起", []
        cells.append((f"{text}{number}", f"{kind}？", json.dumps(found)))
    write_csv(file, cells, header=("context", "question", "answers"))


KINDS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "tags": (tags, ["--task=tags", "--recipe=tags", "--model.objective.chain=linear"]),
    "tags crf": (tags, ["--task=tags", "--recipe=tags"]),
    "answers": (answers, ["--task=answers", "--recipe=answers"]),
    "answers or none": (
        lambda file: answers(file, none=True),
        ["--task=answers", "--recipe=answers"],
    ),
}
TINY = [
    "--model.backbone.init_args.width=16",
    "--model.optim.lr=0.02",
    "--data.batch.size=8",
    "--trainer.max_epochs=2",
]
HEAD_ALONE = [  # of a network of chance: soon learned well enough to find something
    "--model.optim.lr=1e-5",
    "--model.objective.lr=0.05",
    "--trainer.max_epochs=6",
    "--data.batch.size=8",
]


def fitted(kind: str, command: Command, folder: Path, *options: str) -> str:
    """The run of a kind, in a folder."""
    write, task = KINDS[kind]
    write(folder / "my.csv")
    done = command(
        "fit", "--data.train=my.csv", *task, f"--data.input.encode.max_length={LONGEST}",
        "--trainer.accelerator=cpu", "--run.folder=run", *options, cwd=folder,
    )  # fmt: skip
    assert done.code == 0, done.err
    return "run"


def given(kind: str) -> list[Any]:
    """`TEXTS`, or pairs of them with a question."""
    return [*zip(TEXTS, QUESTIONS, strict=True)] if kind.startswith("answers") else TEXTS


def by_weitiao(rows: list[Any], command: Command, folder: Path) -> list[dict[str, Any]]:
    """What `predict` writes of rows."""
    pairs = isinstance(rows[0], tuple)
    cells = rows if pairs else [(text,) for text in rows]
    write_csv(folder / "new.csv", cells, ("context", "question") if pairs else ("text",))
    done = command(
        "predict", "--ckpt_path=run/checkpoints/best.ckpt", "--data.predict=new.csv",
        "--out=new.jsonl", "--hardware.accelerator=cpu", cwd=folder,
    )  # fmt: skip
    assert done.code == 0, done.err
    return [json.loads(line) for line in (folder / "new.jsonl").read_text("utf-8").splitlines()]


def same(one: Any, other: Any) -> bool:
    """Whether both are the same, but for rounded numbers."""
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == (pytest.approx(other, abs=1e-5) if isinstance(other, float) else other)


def check(kind: str, form: str, command: Command, folder: Path) -> None:
    """Export a run, and see that the folder says alone what `predict` writes."""
    done = command("export", "run", "--to=out", f"--format={form}", cwd=folder)
    assert done.code == 0, done.err  # the verb itself compares
    rows = given(kind)
    lines = ["\t".join(row) if isinstance(row, tuple) else row for row in rows]
    found = alone(folder / "out", lines, without=["torch"] if form == "onnx" else [])
    empty = TEXTS.index("")
    assert found[empty]["label"] == []
    if kind.startswith("answers"):  # of which `predict` refuses a file
        rows, found = rows[:empty] + rows[empty + 1 :], found[:empty] + found[empty + 1 :]
    ours = by_weitiao(rows, command, folder)
    for said, row in zip(found, ours, strict=True):
        assert same(said, {name: row[name] for name in said})
        assert row.keys() - said.keys() <= {"id", "text", "pair", "context", "question"}
    assert any(row["label"] for row in ours)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        pytest.param("tags crf", "auto", marks=pytest.mark.slow),
        pytest.param("tags crf", "onnx", marks=pytest.mark.slow),
        pytest.param("tags", "auto", marks=pytest.mark.slow),
        pytest.param("tags", "onnx", marks=pytest.mark.slow),
        pytest.param("answers", "auto", marks=pytest.mark.slow),
        pytest.param("answers or none", "onnx", marks=pytest.mark.slow),
    ],
)
def test_a_folder_finds_the_same_places_alone(
    kind: str, form: str, command: Command, tmp_path: Path
) -> None:
    fitted(kind, command, tmp_path, *TINY)
    check(kind, form, command, tmp_path)
    if form == "auto":
        theirs = weitiao.load(tmp_path / "out", device="cpu").predict(given(kind))
        assert (
            theirs.labels
            == weitiao.load(tmp_path / "run", device="cpu").predict(given(kind)).labels
        )


@pytest.mark.slow
def test_a_folder_is_gone_on_with_and_has_a_card(command: Command, tmp_path: Path) -> None:
    from huggingface_hub import ModelCard

    fitted("tags", command, tmp_path, *TINY)
    assert command("export", "run", "--to=out", cwd=tmp_path).code == 0
    card = ModelCard.load(tmp_path / "out" / "README.md")
    assert card.data.pipeline_tag == "token-classification"
    assert "Tagging: where, 谁." in card.text
    more = command(
        "fit", "--data.train=my.csv", "--model.start=out", "--trainer.max_steps=1",
        "--trainer.accelerator=cpu", cwd=tmp_path,
    )  # fmt: skip
    assert more.code == 0, more.err
    refused = command("export", "run", "--to=other", "--format=transformers", cwd=tmp_path)
    assert refused.code == 1
    assert "tells apart hanzi that share an id" in refused.err
    assert "--format torch" in refused.err


def joining(folder: Path) -> None:
    """A pretrained encoder whose tokenizer joins hanzi in one id, and marks two texts by types."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    save_pretrained("bert", folder, vocab_size=300, pad_token_id=0)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], unk_token="[UNK]"
    )
    tokenizer.train_from_iterator([text for text, _ in rows(200)] + ["query: 谁 where？"], trainer)
    special = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form"), [("tags crf", "onnx"), ("answers or none", "auto")])
def test_a_pretrained_encoder_with_a_prefix_finds_the_same_places_alone(
    kind: str, form: str, command: Command, tmp_path: Path
) -> None:
    joining(tmp_path / "model")
    fitted(
        kind, command, tmp_path, "--recipe=none", "--model.backbone=Pretrained",
        "--model.backbone.name=model", "--data.input.encode.tokenizer=model",
        "--data.input.encode.prefix=query: ", *HEAD_ALONE,
    )  # fmt: skip
    check(kind, form, command, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", ["Transformer", "TextCNN", "Bag"])
def test_every_backbone_finds_the_same_places_alone(
    backbone: str, command: Command, tmp_path: Path
) -> None:
    more = ["--recipe=none", f"--model.backbone={backbone}", "--data.input.encode.tokenizer=words"]
    fitted("tags crf", command, tmp_path, *more, *HEAD_ALONE)
    check("tags crf", "onnx", command, tmp_path)


def test_a_row_with_other_places_or_probabilities_counts_as_a_difference() -> None:
    class Told:
        """An objective, as far as predictions are compared."""

        first = "f1"

        def decide(self, predictions: list[Any]) -> list[Any]:
            return [place for place, _ in predictions]

        def measure(self, predictions: Any, decided: Any, targets: Any) -> dict[str, float]:
            return {"f1": sum(map(list.__eq__, decided, targets)) / len(targets)}

        def columns(self, predictions: Any, decided: Any, texts: Any) -> dict[str, list[Any]]:
            return {"words": texts, "probability": [sure for _, sure in predictions]}

    ours: list[Any] = [([(0, 1, 0)], 0.5), ([], 0.25)]
    checked = CheckedRows(["a", "b"], None, ours, [[(0, 1, 0)], []], {})
    objective: Any = Told()
    assert quality(ours, checked, objective) == Quality(1.0, None, 1.0, 0.0)
    assert quality([ours[0], ([], 0.5)], checked, objective) == Quality(1.0, None, 1.0, 0.25)
    assert quality([ours[0], ([(1, 2, 0)], 0.25)], checked, objective) == Quality(
        0.5, None, 0.5, 0.5
    )
