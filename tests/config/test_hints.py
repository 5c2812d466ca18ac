"""A wrong command line is told with the right option; YAML is taken as it was typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from conftest import Command, reviews, write_csv
from jsonargparse import ArgumentParser, capture_parser

from weitiao.config.hints import ELSEWHERE, names_for
from weitiao.config.strict_yaml import names_as_typed, strict
from weitiao.errors import UsageError
from weitiao.evaluation.predict import predict_parser
from weitiao.export.cli import export_parser
from weitiao.training.fit import fit

ROOT = Path(__file__).parents[2]
OPTIONS = set(
    re.findall(r"^\| `--([\w.]+)`", (ROOT / "docs/options.md").read_text("utf-8"), re.MULTILINE)
)


@pytest.fixture(scope="module")
def parser() -> ArgumentParser:
    return capture_parser(fit, [], "fit")


def refused(parser: ArgumentParser, *arguments: str) -> str:
    with pytest.raises(UsageError) as refusal:
        parser.parse_args(list(arguments))
    said = str(refusal.value)
    assert len(said.splitlines()) <= 4
    return said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--trainer.epochs=3", "here it is --trainer.max_epochs"),
        ("--epochs=3", "here it is --trainer.max_epochs"),
        ("--learning_rate=1", "here it is --model.optim.lr"),
        ("--learning-rate=1", "here it is --model.optim.lr"),
        ("--lr=1", "here it is --model.optim.lr"),
        ("--optim.lr=1", "here it is --model.optim.lr"),
        ("--batch_size=8", "here it is --data.batch.size"),
        ("--fp16", "here it is --trainer.precision"),
        ("--model.name=bert", "here it is --model.backbone.name"),
        ("--max_epochs=3", "did you mean --trainer.max_epochs?"),
        ("--text=review", "did you mean --data.input.text?"),
        ("--train=my.csv", "did you mean --data.train?"),  # an abbreviation of many, to argparse
        ("--data.input.txet=review", "did you mean --data.input.text?"),
        ("--nothing.like.it=1", "--help=all lists the options"),
        ("my.csv", "--data.train my.csv"),
        ("--model.backbone.freeze=1", "an option of Causal, Pretrained"),
        ("--model.backbone.hidden=1", "Transformer has no such option; it has layers, width"),
        ("--model.objective.bogus={}", "unrecognized arguments: --model.objective.bogus"),
        ("--data.input.linaer={}", "did you mean --data.input.linear?"),
        ("--model.objective.head.kinds=mlp", "did you mean --model.objective.head.kind?"),
        ("--model.objective.head.bogus={}", "no such option; head has kind, activation, dropout"),
        ("--data.input.encode.bogus=1", "no such option; encode has tokenizer, vocab_size"),
        ("--model.backbone=bert-base", "--model.backbone Pretrained --model.backbone.name bert-b"),
        ("--model=bert-base", "--model.backbone Pretrained --model.backbone.name bert-base"),
        ("--data=my.csv", "a file of rows: --data.train my.csv"),
        ("--data.target.labels=no, yes", "--data.target.labels '[bad, good"),
        ("--data.target.labels=[no, [yes]]", "--data.target.labels '[bad, good"),
        ("--model.backbone=textcnn", "did you mean --model.backbone TextCNN?"),
        ("--model.objective=classification", "did you mean --model.objective Classification?"),
        ("--data.target=number", "did you mean --data.target Number?"),
        ("--trainer.logger=csvlogger", "did you mean --trainer.logger CSVLogger?"),
        ("--data.input.linear=x", "data.input.linear: x is no class"),
        (
            "--trainer.max_epochs=one",
            "max_epochs must be a whole number or null, got one\n",
        ),
        ("--model.optim.lr=1e-3x", "model.optim.lr must be a number, got 1e-3x\n"),
        ("--model.optim.schedule=x", "must be one of constant, linear, cosine, got x\n"),
        ("--model.backbone.layers=[1]", "model.backbone.layers must be a whole number, got [1]\n"),
        ("--data.input.encode.max_length=x", "encode.max_length must be a whole number, got x\n"),
        ("--trainer.limit_val_batches=x", "must be a number or null, got x\n"),
        (
            "--data.roles=客服",
            "data.roles must map each name to one of system, user, assistant, tool, or be null;"
            " got 客服\n  → --data.roles '{NAME: system}'",
        ),
        ("--data.roles={a: b}", "or be null; got {'a': 'b'}\n"),
        ("--data.batch={size: 1, tokens: 2, size: 3}", "'size' stands twice, in line 1"),
        ("--data.input.segment=x", "segment is a group of options: x is none\n"),
        ("--data.input.segment=x", "--data.input.segment.method rjieba; others: hmm, user_dict, "),
        ("--model.objective.head=mlp", "--model.objective.head.kind linear; others: activation,"),
        (
            "--model.objective={class_path: Ordinal, init_args: {loss: {kind: mse}}}",
            "model.objective.loss: that of Ordinal has no option kind",
        ),
        ("--data.batch=8", "--data.batch.tokens 4096; others: size, workers"),
        ("--data.input.augment=x", "data.input.augment: x is no class"),
        ("--data.input.augment.steps.p=null", "data.input.augment.steps.p takes no null"),
    ],
)
def test_a_wrong_option_is_told_with_the_right_one(
    given: str, said: str, parser: ArgumentParser
) -> None:
    assert said in refused(parser, given)


@pytest.mark.parametrize("given", ["mymodel", "--out=mymodel", "--output=mymodel"])
def test_the_folder_of_an_export_is_told_by_its_name(given: str) -> None:
    assert re.search("(here it is|begin with dashes:) --to", refused(export_parser(), "run", given))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--input=x.csv", "here it is --data.predict"),
        ("--file=x.csv", "here it is --data.predict"),
        ("--data=x.csv", "a file of rows: --data.predict x.csv"),
        ("--data.file=x.csv", "here it is --data.predict"),
        ("--data.test=x.csv", "--data.predict"),
        ("--input-file=x.csv", "here it is --data.predict"),
        (
            "x.csv",
            "options begin with dashes: --data.predict x.csv; did a shell expand a pattern? Put it"
            " in quotes",
        ),
        ("a/best.ckpt", "options begin with dashes: --ckpt_path a/best.ckpt"),
        ("真好吃", "options begin with dashes: --text 真好吃"),
        ("--texts=好", "here it is --text"),
        ("--sentence=好", "here it is --text"),
        ("--output=o.csv", "here it is --out"),
        ("--save=o.csv", "here it is --out"),
        ("--checkpoint=a.ckpt", "here it is --ckpt_path"),
        ("--model=a.ckpt", "here it is --ckpt_path"),
        ("--model_path=a.ckpt", "here it is --ckpt_path"),
        ("--device=cuda", "here it is --hardware.accelerator gpu"),
        ("--batch_size=8", "here it is --data.batch.size"),
        ("--text_column=t", "here it is --data.text"),
        ("--data.input.text=t", "here it is --data.text"),
        ("--data.batch.size=x", "data.batch.size must be a whole number or null, got x"),
        ("--on_bad_row=quarantine", "here it is --data.on_bad_row"),
        ("--config=a.yaml", "come from the checkpoint"),
        ("--nothing.like.it=1", "--help=all lists the options"),
    ],
)
def test_a_wrong_option_of_predict_is_told_with_the_right_one(given: str, said: str) -> None:
    assert said in refused(predict_parser(), "--ckpt_path=a.ckpt", given)
    # and where the right one is missing besides
    assert said in refused(predict_parser(), given)


def test_predict_tells_that_its_checkpoint_is_missing() -> None:
    assert "--ckpt_path is missing\n" in refused(predict_parser(), "--text=好")


def test_an_option_of_another_backbone_is_told(parser: ArgumentParser) -> None:
    said = refused(parser, "--model.backbone=TextCNN", "--model.backbone.layers=3")
    assert "model.backbone.layers: TextCNN has no such option; it has embedding, " in said
    assert "an option of Causal, Pretrained, Recurrent, Seq2Seq, SoundCNN, Transformer, ViT" in said


def test_what_other_frameworks_call_an_option_leads_to_one_of_ours() -> None:
    for names in (ELSEWHERE, names_for("predict"), names_for("test")):
        assert {name.split()[0] for name in names.values()} - {"config"} <= OPTIONS
    (early,) = (name.split()[1] for name in ELSEWHERE.values() if " " in name)
    assert (ROOT / early).is_file()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("data:\n  text: a\ndata:\n  label: b\n", "'data' stands twice, in line 1 and in line 3"),
        ("data:\n  batch: {size: 1}\n  batch: {size: 2}\n", "'batch' stands twice, in line 2"),
        ("model: {wide: {lr: 1, lr: 2}}\n", "'lr' stands twice"),
        ('"data": {}\ndata: {}\n', "'data' stands twice"),
        ("model:\n  backbone:\n    class_path: TextCNN\n    filters: 3\n", "under init_args"),
    ],
)
def test_a_key_that_stands_twice_is_refused(
    text: str,
    lines: str,
    parser: ArgumentParser,
    tmp_path: Path,
) -> None:
    (tmp_path / "my.yaml").write_text(text, "utf-8")
    said = refused(parser, f"--config={tmp_path / 'my.yaml'}")
    assert said.startswith(f"{tmp_path / 'my.yaml'}: ")
    assert lines in said


def test_a_key_may_override_what_an_alias_brings() -> None:
    text = "a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}\nc: {<<: *a, y: 3}\n"
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert yaml.load(text, strict(loader))["b"] == {"x": 2, "y": 1}


@pytest.mark.parametrize("given", ["no, yes", "on, off", "01, 1:30", "1, 2", "null, ~", "1e3, .5"])
def test_names_of_labels_are_taken_as_typed(
    given: str, parser: ArgumentParser, tmp_path: Path
) -> None:
    names = given.split(", ")
    flow, block = tmp_path / "flow.yaml", tmp_path / "block.yaml"
    flow.write_text(f"data: {{labels: [{given}]}}\n", "utf-8")
    block.write_text("data:\n  labels:\n" + "".join(f"    - {n}\n" for n in names), "utf-8")
    for arguments in (
        [f"--data.target.labels=[{given}]"],
        ["--data.target.labels", f"[{given}]"],
        [f"--data={{labels: [{given}]}}"],
        [f"--config={flow}"],
        [f"--config={block}"],
    ):
        assert parser.parse_args(arguments).data.target.init_args.labels == names
    dumped = parser.dump(parser.parse_args([f"--data.target.labels=[{given}]"]))
    assert yaml.safe_load(dumped)["data"]["target"]["init_args"]["labels"] == names


def test_quoted_names_and_other_values_stay_as_they_are() -> None:
    for same in (
        '--data.target.labels=["a, b", "c"]',
        "--data.target.labels=null",
        "--data.text=[no]",
    ):
        assert names_as_typed([same]) == [same]


def test_a_search_space_and_a_config_that_name_a_key_twice_are_refused_by_tune(
    command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", reviews(30))
    (tmp_path / "my.yaml").write_text("data: {train: my.csv}\ndata: {text: review}\n", "utf-8")
    (tmp_path / "good.yaml").write_text("data: {train: my.csv}\n", "utf-8")
    (tmp_path / "space.yaml").write_text("a.b: {low: 1, high: 2}\na.b: {low: 3, high: 4}\n")
    for name in ("my.yaml", "good.yaml"):
        options = ["--space=space.yaml", "--trials=1", f"--config={name}"]
        done = command(*options, cwd=tmp_path, script="tune.py")
        assert done.code != 0
        assert "stands twice, in line 1 and in line 2" in done.err
        assert f"error: {'my.yaml' if name == 'my.yaml' else 'space.yaml'}" in done.err
