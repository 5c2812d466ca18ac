"""Every shipped YAML runs, stacked on the default, and each of its lines says something."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from chat_models import write_chat_model
from conftest import Command, reviews, run_behind, write_csv
from jsonargparse import ArgumentParser, capture_parser
from small_pictures import write_pictures
from tones import write_tones

from weitiao.config.parser import flat
from weitiao.training.fit import fit

CONFIGS = Path(__file__).parents[2] / "configs"
DEFAULT = CONFIGS / "default.yaml"
E5 = Path(__file__).parents[3] / "shared" / "models" / "multilingual-e5-small-zh-en"
SHIPPED = sorted(
    path
    for path in CONFIGS.rglob("*.yaml")
    if path.parent.name not in ("search", "pretrain")  # of other scripts
)
STACKED = [path for path in SHIPPED if path != DEFAULT]
ONE_BATCH = tuple(f"--trainer.limit_{split}_batches=1" for split in ("train", "val", "test"))
MORE = {
    # the presets set limits of their own; ten epochs, since that is when it validates
    "presets/overfit.yaml": ("--trainer.max_epochs=10", "--model.optim.lr=0.02"),
    "trainer/gpu.yaml": ("--trainer.max_epochs=1", "--trainer.gradient_clip_val=1.0", *ONE_BATCH),
    "trainer/early_stopping.yaml": ("--model.optim.lr=0.0", "--model.objective.wide.lr=0.0"),
    "presets/debug.yaml": (),
    # the file's labels are words: those of the task are made of them
    "tasks/ordinal.yaml": (*ONE_BATCH, "--data.target.labels=[差评, 好评]"),
    "presets/profile.yaml": (),
}

SPANS = ("text\tlabel\n", '{text}\t[[0, 2, "{label}"]]\n')
ROWS = {
    # of a data set's own form: first line, and what each row is made of
    "data/chnsenticorp.yaml": ("label\ttext_a\n", "{label}\t{text}\n"),
    "data/tnews.yaml": ("", "{text}\t{label}\n"),
    "data/trec.yaml": ("", "{label} {text}\n"),
    "data/sst2.yaml": ("", "{label} {text}\n"),
    "data/stsb_zh.yaml": ("", "{text}\t{label}\t{score}\n"),
    "tasks/hierarchical.yaml": ("text\tlabel\n", "{text}\t评/{label}\n"),
    **dict.fromkeys(
        ("tasks/tags.yaml", "recipes/tags.yaml", "recipes/pretrained_tags.yaml"), SPANS
    ),
    **dict.fromkeys(
        ("tasks/answers.yaml", "recipes/answers.yaml", "recipes/pretrained_answers.yaml"),
        ("context\tquestion\tanswers\n", "{text}\t{label}？\t{text[0]}\n"),
    ),
    **dict.fromkeys(
        ("tasks/choice.yaml", "recipes/choice.yaml", "recipes/pretrained_choice.yaml"),
        ("question\tA\tB\tanswer\n", "{text}\t{label}\t{text[0]}\t{label}\n"),
    ),
    **dict.fromkeys(
        ("tasks/likeness.yaml", "recipes/likeness.yaml", "recipes/pretrained_likeness.yaml"),
        ("text\tpair\tlabel\n", "{text}\t{label}{text}\t{score}\n"),
    ),
    **dict.fromkeys(
        ("tasks/retrieval.yaml", "recipes/retrieval.yaml", "recipes/pretrained_retrieval.yaml"),
        ("text\tpair\n", "{text}\t{label}{text}\n"),
    ),
    **dict.fromkeys(
        ("tasks/chat.yaml", "recipes/chat.yaml"), ("prompt\tanswer\n", "{text}\t{label}\n")
    ),
    "tasks/feedback.yaml": ("prompt\tcompletion\tgood\n", "{text}\t{label}\t{even}\n"),
    **dict.fromkeys(
        ("tasks/preferences.yaml", "recipes/preferences.yaml"),
        ("prompt\tchosen\trejected\n", "{text}\t{label}\t{label}{label}\n"),
    ),
    **dict.fromkeys(
        ("tasks/translation.yaml", "tasks/summary.yaml", "recipes/translation.yaml"),
        ("text\tlabel\n", "{text}\t{label}：{text}\n"),
    ),
    "tasks/regression.yaml": ("text\tlabel\n", "{text}\t{score}\n"),
}


QUICK = ("default.yaml", "recipes/reviews.yaml", "recipes/pretrained.yaml", "presets/debug.yaml")


def name_of(path: Path) -> str:
    return path.relative_to(CONFIGS).as_posix()


# a task that a recipe names is run by that recipe
OF_RECIPES = {
    f"tasks/{task}.yaml"
    for path in CONFIGS.glob("recipes/*.yaml")
    if (task := yaml.safe_load(path.read_text("utf-8")).get("task"))
}
RUN = [
    pytest.param(path, id=name_of(path), marks=() if name_of(path) in QUICK else pytest.mark.slow)
    for path in SHIPPED
    if name_of(path) not in OF_RECIPES
]


@pytest.fixture(scope="module")
def parser() -> ArgumentParser:
    return capture_parser(fit, [], "fit")


@pytest.fixture(scope="module")
def save_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a tiny model of a kind with its tokenizer, as `transformers` saves them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    hanzi = sorted({char for text, _ in reviews(200) for char in text})
    units = {unit: i for i, unit in enumerate(["[PAD]", "[UNK]", *hanzi])}
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}

    def save(kind: str, **names: str) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        tokenizer = Tokenizer(models.WordLevel(units, "[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, unk_token="[UNK]", **names
        ).save_pretrained(folder)
        config = AutoConfig.for_model(kind, vocab_size=len(units), num_hidden_layers=2, **sizes)
        AutoModel.from_config(config).save_pretrained(folder)
        return folder

    return save


def small_file(folder: Path, config: str) -> tuple[str, ...]:
    """Reviews in the form that a config reads; the options that name file and columns."""
    if config == "recipes/pictures.yaml":
        write_pictures(folder / "pictures", 40)
        return ("--data.train=pictures",)
    if config == "recipes/sounds.yaml":
        write_tones(folder, 20)
        return ("--data.train=my.csv",)
    if config in ROWS:
        header, row = ROWS[config]
        lines = (
            row.format(text=x, label=label, score=len(x), even=i % 2 == 0)
            for i, (x, label) in enumerate(reviews(200))
        )
        (folder / "my.tsv").write_text(header + "".join(lines), "utf-8")
        return ("--data.train=my.tsv",)
    write_csv(folder / "my.csv", reviews(200), ("content", "sentiment"))
    return ("--data.train=my.csv", "--data.text=content", "--data.target.label=sentiment")


def train(command: Command, folder: Path, *arguments: str, config: str = "") -> Path:
    """Train on a small file as the named config reads it."""
    files = small_file(folder, config)
    here = ("--trainer.accelerator=cpu", "--trainer.devices=1")
    done = command("train", *arguments, *files, *here, cwd=folder)
    assert done.code == 0, done.err
    assert "iscard" not in done.err
    assert "arning" not in done.err
    assert ("baseline" in done.out) is (config != "tasks/feedback.yaml")
    return run_behind(folder / "logs" / "latest")


def metric(run: Path, name: str) -> list[float]:
    with (run / "metrics.csv").open(newline="") as file:
        return [float(row["value"]) for row in csv.DictReader(file) if row["metric"] == name]


@pytest.mark.parametrize("path", RUN)
def test_a_shipped_config_runs(
    path: Path, command: Command, tmp_path: Path, save_model: Callable[..., Path]
) -> None:
    name = name_of(path)
    more = MORE.get(name, ("--trainer.max_epochs=1", *ONE_BATCH))
    if path.stem.startswith("pretrained"):
        model = save_model("bert", pad_token="[PAD]")
        more += (f"--model.backbone.name={model}", f"--data.input.encode.tokenizer={model}")
        more += ("--model.backbone.freeze=1", "--trainer.precision=32-true")
        more += ("--data.input.encode.prefix=",)
        if path.stem == "pretrained_retrieval":
            more += ("--data.input.encode.pair_prefix=",)
    if path.stem in ("chat", "preferences", "feedback"):
        model = write_chat_model(tmp_path / "model", texts=[text for text, _ in reviews(200)])
        more += (f"--model.backbone.name={model}", f"--data.input.tokenizer={model}")
        more += ("--data.input.max_length=200", "--model.objective.longest=8")
    if name == "model/decoder.yaml":
        model = save_model("gpt2")
        more += (f"--model.backbone.name={model}", f"--data.input.encode.tokenizer={model}")
        more += (
            "--data.input.encode.pad_token=[UNK]",
            "--model.backbone.gradient_checkpointing=true",
        )
    stacked = (f"--config={DEFAULT}", f"--config={path}")
    run = train(command, tmp_path, *stacked, *more, config=name)
    if name == "presets/profile.yaml":
        assert "optimizer_step" in (run / "tensorboard" / "fit-profile.txt").read_text()
    if name == "presets/overfit.yaml":
        losses = metric(run, "train/loss_epoch")
        assert losses[-1] < 0.5 * losses[0]
    if name == "trainer/early_stopping.yaml":
        assert len(metric(run, "val/f1_macro")) == 1 + 3  # nothing is learned at rate 0


@pytest.mark.slow
@pytest.mark.skipif(not E5.is_dir(), reason="needs ../shared/models")
def test_a_real_pretrained_encoder_runs(command: Command, tmp_path: Path) -> None:
    run = train(
        command,
        tmp_path,
        *(f"--config={path}" for path in (DEFAULT, CONFIGS / "model" / "pretrained.yaml")),
        *(f"--model.backbone.name={E5}", f"--data.input.encode.tokenizer={E5}"),
        *("--model.backbone.layers=1", "--trainer.max_epochs=1", *ONE_BATCH),
    )
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    assert config["model"]["objective"]["init_args"]["wide"] is None


def test_no_model_undoes_the_settings_of_another() -> None:
    for path in (*CONFIGS.glob("model/*.yaml"), *CONFIGS.glob("recipes/*.yaml")):
        assert None not in flat(yaml.safe_load(path.read_text("utf-8"))).values(), path


def test_a_config_begins_with_what_it_is_for() -> None:
    for path in SHIPPED:
        assert path.read_text("utf-8").startswith("# "), path


@pytest.mark.slow
@pytest.mark.parametrize("path", STACKED, ids=name_of)
def test_each_line_of_a_config_says_something(
    path: Path, parser: ArgumentParser, tmp_path: Path
) -> None:
    lines = yaml.safe_load(path.read_text("utf-8"))

    def parsed(values: dict[str, Any]) -> dict[str, Any]:
        file = tmp_path / "some.yaml"
        file.write_text(yaml.safe_dump(values), "utf-8")
        values = flat(parser.parse_args([f"--config={DEFAULT}", f"--config={file}"]))
        return {
            name.replace(".init_args", ""): value
            for name, value in values.items()
            if name != "config"
        }

    names = [name for name in flat(lines) if not hung_on(name)]
    bare = lines
    for name in names:
        bare = without(bare, name.split("."))
    whole, bare = parsed(lines), parsed(bare)
    for name in names:
        key = name.replace(".init_args", "")
        if key in whole and whole[key] != bare.get(key):
            continue
        # what it sets may have another name once it is parsed: then only its removal tells
        assert parsed(without(lines, name.split("."))) != whole, f"{name} repeats what holds anyway"


HUNG_ON = ("data.input.augment.steps", "task")


def hung_on(name: str) -> bool:
    """Whether others mean nothing without this line."""
    return name.rpartition(".")[2] in ("class_path", "name") or name in HUNG_ON


def without(values: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """A copy of nested values that lacks one of them."""
    first, *rest = keys
    if not rest:
        return {key: value for key, value in values.items() if key != first}
    return values | {first: without(values[first], rest)}


def test_another_backbone_takes_nothing_of_the_one_before(parser: ArgumentParser) -> None:
    # Both have an option `dropout`, which jsonargparse alone would carry over.
    alone = parser.parse_args(["--model.backbone=Transformer"]).model.backbone
    over = ["--model.backbone=TextCNN", "--model.backbone.dropout=0.7"]
    stacked = parser.parse_args([*over, f"--config={CONFIGS / 'model' / 'transformer.yaml'}"])
    assert stacked.model.backbone == alone
    assert parser.parse_args([*over, "--model.backbone=TextCNN"]).model.backbone.init_args[
        "dropout"
    ] == pytest.approx(0.7)
    assert parser.parse_args(over[:1]).model.backbone.init_args.dropout == pytest.approx(0.2)


def test_null_takes_the_wide_part_away(parser: ArgumentParser) -> None:
    reviews = f"--config={CONFIGS / 'recipes' / 'reviews.yaml'}"
    assert parser.parse_args([reviews]).model.objective.init_args.wide is not None
    assert (
        parser.parse_args([reviews, "--model.objective.wide=null"]).model.objective.init_args.wide
        is None
    )
