"""Recipes: chosen by what the data are, said, overridable, and rerun to the same digits."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import Command, reviews, run_behind, write_csv
from jsonargparse import capture_parser

from weitiao.config.commands import shipped
from weitiao.config.presets import preset, values_of
from weitiao.downloads import encoder
from weitiao.errors import ConfigError
from weitiao.training.fit import fit
from weitiao.training.recipe import OF_CHATS, Facts, choose, data_of, replaced, with_presets
from weitiao.training.recipe_fit import without_unfit

ENCODER = Path("encoder")


@pytest.mark.parametrize(
    ("facts", "recipe"),
    [
        (Facts("OneClass", 10_000, 2, 5_000, 1.0, False, "name", None), "reviews"),
        (Facts("OneClass", 10_000, 6, 800, 0.0, False, "name", None), "english"),
        (Facts("OneClass", 15_000, 150, 100, 0.0, False, "name", None), "many_classes"),
        (Facts("OneClass", 50_000, 15, 3_000, 1.0, False, "name", None), "many_classes"),
        (Facts("OneClass", 100, 2, 50, 1.0, False, "name", None), "few_rows"),
        (Facts("OneClass", 700, 67, 10, 1.0, False, "name", None), "few_rows"),
        (Facts("Labels", 700, 67, 10, 1.0, False, "name", None), "few_rows"),
        (Facts("Number", 5_000, 0, 0.0, 1.0, True, "name", None), "pairs"),
        (Facts("OneClass", 5_000, 2, 2_500, 0.0, True, "name", None), "pairs"),
        (Facts("Number", 5_000, 0, 0.0, 1.0, False, "name", None), "many_classes"),
        (Facts("Scale", 5_000, 5, 900, 0.0, False, "name", None), "english"),
        (Facts("OneClass", 10_000, 2, 5_000, 1.0, False, "name", ENCODER), "pretrained"),
        (Facts("Number", 5_000, 0, 0.0, 1.0, True, "name", ENCODER), "pretrained"),
        (Facts("OneClass", 100, 2, 50, 1.0, False, "name", ENCODER), "pretrained_few"),
        (Facts("Spans", 100, 2, 50, 1.0, False, "spans", None), "tags"),
        (Facts("Spans", 100, 2, 50, 1.0, False, "spans", ENCODER), "pretrained_tags"),
        (Facts("Answers", 100, 0, 0.0, 1.0, True, "answers", None), "answers"),
        (Facts("Answers", 9_000, 0, 0.0, 0.0, True, "answers", ENCODER), "pretrained_answers"),
        (Facts("Choice", 100, 0, 0.0, 1.0, True, "choice", None), "choice"),
        (Facts("Choice", 9_000, 0, 0.0, 0.0, True, "choice", ENCODER), "pretrained_choice"),
        (Facts("Preferred", 100, 0, 0.0, 1.0, False, "reply", None), "preferences"),
        (Facts("Reply", 100, 0, 0.0, 1.0, False, "reply", None), "chat"),
        (Facts("Reply", 9_000, 0, 0.0, 0.0, False, "reply", ENCODER), "chat"),
        (Facts("Number", 100, 0, 0.0, 1.0, True, "name", None, True), "likeness"),
        (Facts("Number", 100, 0, 0.0, 1.0, True, "name", ENCODER, True), "pretrained_likeness"),
        (Facts("Reference", 9_000, 0, 0.0, 0.0, False, "name", None), "translation"),
        (Facts("Reference", 9_000, 0, 0.0, 1.0, False, "name", ENCODER), "translation"),
        (Facts("Positives", 100, 0, 0.0, 1.0, True, "name", None, True), "retrieval"),
        (Facts("Positives", 9, 0, 0.0, 1.0, True, "name", ENCODER, True), "pretrained_retrieval"),
    ],
)
def test_a_recipe_goes_by_thedata_of(facts: Facts, recipe: str) -> None:
    name, why = choose(facts)
    assert name == recipe
    assert preset("recipe", name).is_file()
    assert f"{facts.rows:,} rows" in why


@pytest.fixture(autouse=True)
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make encoder` may have been run here."""
    monkeypatch.setattr(encoder, "TARGET", Path("missing"))


@pytest.fixture
def english(tmp_path: Path) -> Path:
    rows = [(f"word {i} stands here", "ab"[i % 2]) for i in range(300)]
    return write_csv(tmp_path / "my file.csv", rows, ("text", "label"))


@pytest.mark.parametrize(
    ("arguments", "recipe"),
    [
        (["--data.train=FILE"], "english"),
        (["--data.train", "FILE", "--recipe", "auto", "--model.optim.lr", "1e-3"], "english"),
        (["--config=BASE", "--data.train=FILE"], "english"),
        (["--config", "BASE", "--data.train=FILE", "--recipe=reviews"], "reviews"),
        (["--data={train: 'FILE', target: {label: label}}"], "english"),
        (["--config=NAMES", "--data.train=FILE"], "english"),
        (["--data.train=FILE", "--recipe=none"], None),
        (["--data.train=FILE", "--model.backbone=TextCNN"], None),
        (["--data.train=FILE", "--model={objective: {init_args: {pooling: max}}}"], None),
        (["--config=OWN", "--data.train=FILE"], None),
        (["--config=BASE", "--config=OWN", "--data.train=FILE"], "english"),
        ([], None),
    ],
)
def test_auto_is_for_files_whose_model_nothing_else_names(
    arguments: list[str], recipe: str | None, english: Path, tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text("recipe: auto\nmodel: {pooling: mean}\n", "utf-8")
    (tmp_path / "own.yaml").write_text("model: {pooling: mean}\ndata: {text: text}\n", "utf-8")
    (tmp_path / "names.yaml").write_text(
        "recipe: auto\ndata: {target: {labels: [1, 01]}}\n", "utf-8"
    )
    names = {name.upper(): tmp_path / f"{name}.yaml" for name in ("base", "own", "names")}
    names["FILE"] = english
    for name, value in names.items():
        arguments = [argument.replace(name, str(value)) for argument in arguments]
    chosen, line = with_presets(arguments)
    if recipe is None:
        assert (chosen, line) == (arguments, None)
        return
    assert chosen[0] == "--config"
    assert Path(chosen[1]).resolve() == preset("recipe", recipe)
    assert chosen[2:] == [*arguments, "--recipe", recipe]
    assert line is not None
    assert line.startswith(f"recipe: {recipe} (")
    assert with_presets(chosen)[0][-1] == recipe  # once more changes nothing


def test_a_file_that_is_named_after_an_option_and_replaces_it_is_told(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text("data: {train: other.csv}\ntrainer: {max_epochs: 3}\n", "utf-8")
    mine = ["--data.train", "mine.csv", "--trainer.max_epochs=3"]
    (line,) = replaced([*mine, "--config", str(base)])
    assert line.startswith(f"! {base} replaces {{--data.train}} mine.csv, since it is named later")
    assert f"→ --config {base} before {{--data.train}}" in line
    assert not [*replaced(["--config", str(base), *mine])]


def test_classes_are_counted_as_they_are_read(tmp_path: Path) -> None:
    """Sets of labels by their own separator: four classes, not one for each set."""
    sets = ["a;b", "b;c", "c;d", "d", "a;c", "b;d"]
    rows = [(f"text number {i}", sets[i % 6]) for i in range(300)]
    file = write_csv(tmp_path / "my.csv", rows, ("text", "label"))
    data = [f"--data.train={file}", "--task=multilabel", "--data.target.separator=;"]
    assert (with_presets(data)[1] or "").startswith("recipe: english (300 rows, 4 classes with 150")


@pytest.mark.parametrize(
    ("recipe", "task", "without"),
    [
        ("reviews", "regression", True),
        ("reviews", "ordinal", True),
        ("reviews", "multilabel", False),
        ("reviews", "classification", False),
        ("few_rows", "regression", False),
    ],
)
def test_a_recipe_leaves_out_what_the_task_does_not_take(
    recipe: str, task: str, without: bool
) -> None:
    arguments = ["--data.train=my.csv", f"--recipe={recipe}", f"--task={task}"]
    chosen, line = with_presets(arguments)
    told = f"recipe: {recipe} (as asked for)"
    if without:
        told += f", without model.objective.loss, which {task} doesn't take"
    assert line == told
    parsed = capture_parser(fit, [], "fit").parse_args(chosen)
    assert parsed.model.objective.init_args.pooling == "max"
    assert ("squared_hinge" in str(parsed.model)) == (recipe == "reviews" and not without)


@pytest.mark.parametrize(
    ("recipe", "task", "name"),
    [
        ("translation", "summary", "summary"),
        ("translation", "translation", "translation"),
        ("likeness", "retrieval", "retrieval"),
        ("reviews", "tags", "reviews"),
    ],
)
def test_a_run_of_a_recipe_of_another_task_is_called_after_its_own(
    recipe: str, task: str, name: str
) -> None:
    chosen, _ = with_presets(["--data.train=my.csv", f"--recipe={recipe}", f"--task={task}"])
    given = chosen[3]  # a file, or what of it the task takes
    values = Path(given).read_text("utf-8") if given.endswith(".yaml") else given
    assert yaml.safe_load(values)["run"]["name"] == name


@pytest.mark.parametrize("task", ["tags", "answers", "choice", "likeness", "retrieval"])
@pytest.mark.parametrize(
    "recipe",
    # those that start from a folder of a model need one at hand
    [name for name in shipped("recipes") if "pretrained" not in name and name not in OF_CHATS],
)
def test_a_task_that_reads_texts_its_own_way_takes_any_recipe(recipe: str, task: str) -> None:
    chosen, _ = with_presets(["--data.train=my.csv", f"--recipe={recipe}", f"--task={task}"])
    data = data_of(chosen)  # which refuses what doesn't go together
    assert data is not None
    encode = data.input.encode
    assert (encode.truncation == "windows") == (task in ("tags", "answers"))
    assert (encode.pairs == "apart") == (task in ("likeness", "retrieval"))
    assert (encode.pairs == "options") == (task == "choice")


def test_what_a_shell_made_of_a_pattern_replaces_no_value() -> None:
    data = data_of(["--task=translation", "--data.train", "a.en", "a.zh", "--data.seed=3"])
    assert data is not None
    assert data.files == {"train": "a.en"}


def test_a_task_whose_head_is_not_solved_does_without_a_probe() -> None:
    values = values_of("recipe", "pretrained"), values_of("task", "answers")
    fitting, unfit = without_unfit(*values)
    assert unfit == [
        *("model.objective.head.start", "data.input.encode.truncation", "data.input.linear"),
    ]
    assert values_of("recipe", "pretrained") == values[0]  # which stays as it was
    assert "truncation" not in fitting["data"]["input"]["encode"]


@pytest.mark.parametrize(
    ("recipe", "said"),
    [("reviewss", "there is no 'reviewss'.*many_classes"), ("pretrained_few", "make encoder")],
)
def test_a_recipe_that_is_none_or_lacks_its_encoder_is_told(
    recipe: str, said: str, english: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(english.parent)
    with pytest.raises(ConfigError, match=f"(?s){said}"):
        with_presets([f"--data.train={english}", f"--recipe={recipe}"])


@pytest.mark.slow
def test_a_config_reruns_to_the_same_digits_and_a_choice_is_written_down(
    command: Command, tmp_path: Path
) -> None:
    write_csv(tmp_path / "my.csv", reviews(100))
    data = ("--data.train=my.csv", "--data.text=review", "--data.target.label=stars")
    few = ("--trainer.max_epochs=2", "--trainer.accelerator=cpu", "--model.optim.lr=0.004")
    done = command("train", *data, *few, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "recipe: few_rows (100 rows, 2 classes" in done.err
    run = run_behind(tmp_path / "logs" / "latest")
    text = (run / "config.yaml").read_text("utf-8")
    config = yaml.safe_load(text)
    assert text.startswith("# recipe: few_rows (100 rows")
    assert (config["recipe"], config["model"]["optim"]["lr"]) == ("few_rows", 0.004)
    assert config["data"]["input"]["init_args"]["linear"] is not None
    (tmp_path / "my.csv").rename(tmp_path / "new.csv")  # what follows is for the checkpoint alone
    shutil.rmtree(tmp_path / ".cache")
    found = []
    for verb in ("test", "predict"):
        given = (f"--ckpt_path={run / 'checkpoints' / 'best.ckpt'}", f"--data.{verb}=new.csv")
        done = command(verb, *given, f"--out={verb}.csv", cwd=tmp_path)
        assert done.code == 0, done.err
        with (tmp_path / f"{verb}.csv").open(encoding="utf-8", newline="") as file:
            found.append([(row["text"], row["p(好评)"]) for row in csv.DictReader(file)])
    assert found[0] == found[1]
    (tmp_path / "new.csv").rename(tmp_path / "my.csv")
    again = command("train", f"--config={run / 'config.yaml'}", cwd=tmp_path)
    assert again.code == 0, again.err
    first, second = (
        json.loads((folder / "metrics.json").read_text("utf-8"))
        for folder in (run, run_behind(tmp_path / "logs" / "latest"))
    )
    del first["fit/seconds"], second["fit/seconds"]
    assert first == second
