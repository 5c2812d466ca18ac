"""`src/gain.py`: pretraining, fine-tuning with and without it, and a table of both."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import Command, Outcome, reviews, write_csv
from pretraining_runs import SMALL

from weitiao.comparison.gain import Gain
from weitiao.errors import ConfigError

FIX = "--config fix.yaml"
SIZES = '--rows={"20": "--trainer.max_epochs=2", "all": ""}'


def gain(command: Command, folder: Path, *more: str) -> Outcome:
    own = (f"--finetune={FIX}", SIZES, "--seeds=2", "--folder=g")
    return command(*own, *more, cwd=folder, script="gain.py")


def with_options(*more: str) -> str:
    return " ".join((*SMALL, *more))


@pytest.fixture(scope="module")
def made(command: Command, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A folder with a comparison `g` of two pretrainings, and what the command said."""
    folder = tmp_path_factory.mktemp("gain")
    rows = reviews(150)
    write_csv(folder / "rows.csv", rows)
    (folder / "c.txt").write_text("\n".join(text for text, _ in rows), "utf-8")
    (folder / "fix.yaml").write_text(
        "data: {train: rows.csv, text: review, label: stars, encode: {max_length: 32},"
        " batch: {size: 8, tokens: null}}\n"
        "model: {backbone: {class_path: Pretrained}, pooling: mean, optim: {lr: 0.01}}\n"
        "trainer: {max_epochs: 1, accelerator: cpu, enable_progress_bar: false}\n"
        "run: {threads: 1}\n",
        "utf-8",
    )
    pretrained = f"--pretrain.id={with_options('--data.masking.unit=id')}"
    done = gain(command, folder, f"--pretrain.words={with_options()}", pretrained)
    assert done.code == 0, done.err
    return folder, done


@pytest.mark.slow
def test_table_and_scores(made: tuple[Path, Outcome]) -> None:
    folder, done = made
    with (folder / "g" / "gain.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["rows"], row["seed"], row["pretraining"]) for row in rows] == [
        (size, seed, name)
        for size in ("20", "all")
        for seed in ("1", "2")
        for name in ("none", "words", "id")
    ]
    for row in rows:
        run = folder / "g" / f"{row['pretraining']}-{row['rows']}-{row['seed']}"
        metrics = json.loads((run / "metrics.json").read_text("utf-8"))
        assert float(row["score"]) == metrics["test/f1_macro"]
        measured = folder / "g" / f"none-{row['rows']}-{row['seed']}" / "metrics.json"
        baseline = json.loads(measured.read_text("utf-8")).get("baseline/f1_macro")
        assert baseline in (None, float(row["baseline"]))  # once, where the rows are the same
        count = json.loads((run / "data_card.json").read_text("utf-8"))["rows"]["train"]
        assert count == (20 if row["rows"] == "20" else 120)
    assert "paired t-test" in done.out
    assert "…" not in done.out


@pytest.mark.slow
def test_held_out_texts_are_kept_from_the_pretraining(made: tuple[Path, Outcome]) -> None:
    folder, _ = made
    audit = json.loads((folder / "g" / "pretrain" / "words" / "audit.json").read_text("utf-8"))
    assert audit["corpus"] == {
        **audit["corpus"],
        "documents": 150,
        "kept from the model": 30,
    }


@pytest.mark.slow
def test_without_pretraining_each_seed_begins_with_other_weights(
    made: tuple[Path, Outcome],
) -> None:
    import torch

    folder, _ = made

    def weights(run: str) -> torch.Tensor:
        path = folder / "g" / run / "checkpoints" / "best.ckpt"
        state = torch.load(path, weights_only=True)["state_dict"]
        return next(value for name, value in state.items() if "word_embeddings" in name)

    runs = {run: weights(run) for run in ("none-20-1", "none-20-2", "words-20-1", "words-20-2")}
    near = {
        (a, b): bool(torch.nn.functional.mse_loss(runs[a], runs[b]) < 1e-3)
        for a, b in (("none-20-1", "none-20-2"), ("words-20-1", "words-20-2"))
    }
    assert list(near.values()) == [False, True]


@pytest.mark.slow
def test_goes_on_where_it_was_and_refuses_another_comparison(
    made: tuple[Path, Outcome], command: Command
) -> None:
    folder, _ = made
    runs = folder / "g"
    shutil.rmtree(runs / "words-all-2")
    kept = {path: path.stat().st_mtime_ns for path in runs.glob("*-*/metrics.json")}
    before = (runs / "gain.csv").read_text()
    files = {name: runs / "pretrain" / f"{name}.json" for name in ("words", "id")}
    options = {n: json.loads(f.read_text("utf-8"))["options"][0] for n, f in files.items()}
    both = [f"--pretrain.{name}={value}" for name, value in options.items()]
    done = gain(command, folder, *both)
    assert done.code == 0, done.err
    assert {path: path.stat().st_mtime_ns for path in kept} == kept

    def scores(table: str) -> list[dict[str, str]]:
        return [row | {"seconds": ""} for row in csv.DictReader(table.splitlines())]

    assert scores((runs / "gain.csv").read_text()) == scores(before)
    # the runs of the other pretraining and rows are there, but not asked for
    fewer = gain(command, folder, both[0], '--rows={"20": "--trainer.max_epochs=2"}')
    assert fewer.code == 0, fewer.err
    for changed in (
        [f"{both[0]} --data.masking.ngram=2"],
        [*both, f"--finetune={FIX} --model.objective.pooling=max"],
        [*both, '--rows={"20": ""}'],
    ):
        other = gain(command, folder, *changed)
        assert other.code == 1
        assert "another comparison" in other.err


@pytest.mark.slow
def test_what_has_not_begun_may_be_corrected(
    made: tuple[Path, Outcome], command: Command, tmp_path: Path
) -> None:
    folder = made[0]
    place, sizes = f"--folder={tmp_path / 'g'}", ("--rows.20=--trainer.max_epochs=2",)
    wrong = gain(command, folder, "--pretrain.a=--data.corpus.files=nope.txt", *sizes, place)
    assert wrong.code == 1
    assert "nope.txt" in wrong.err
    done = command(
        f"--finetune={FIX}", "--seeds=2", f"--pretrain.a={with_options()}", *sizes, place,
        cwd=folder, script="gain.py",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = sorted(path.name for path in (tmp_path / "g").glob("*-*-*") if path.is_dir())
    assert found == ["a-20-1", "a-20-2", "none-20-1", "none-20-2"]


@pytest.mark.parametrize("name", ["none", "a/b"])
def test_names_that_cannot_be_told_apart_are_refused(
    command: Command, tmp_path: Path, name: str
) -> None:
    done = command(f'--pretrain={{"{name}": ""}}', cwd=tmp_path, script="gain.py")
    assert done.code == 1
    assert "needs a name of letters" in done.err
    assert not [*tmp_path.iterdir()]


def test_no_pretraining_is_refused(command: Command, tmp_path: Path) -> None:
    done = command("--pretrain={}", cwd=tmp_path, script="gain.py")
    assert done.code == 1
    assert "got no pretraining" in done.err


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"rows": {"0": ""}}, "rows: .* got 0"),
        ({"rows": {"20": "", "٣": ""}}, "rows: .* got 20, ٣"),
        ({"rows": {"20": "--a '"}}, "rows.20: No closing quotation: --a '"),
        ({"finetune": '"'}, "finetune: No closing quotation"),
        ({"pretrain": {"a": "", "b": "--a 'c"}}, "pretrain.b: No closing quotation: --a 'c"),
    ],
)
def test_rows_and_options_that_cannot_be_read_are_refused_at_once(values, told: str) -> None:
    with pytest.raises(ConfigError, match=f"^{told}"):
        Gain(**{"pretrain": {"a": ""}} | values)


@pytest.mark.slow
def test_beside_a_continued_model_stands_the_one_that_it_began_with(
    made: tuple[Path, Outcome], command: Command
) -> None:
    folder, start = made[0], "g/pretrain/words/model"
    own = [option for option in SMALL if not option.startswith(("--model.network.", "--data.tok"))]
    own += ["--model.network=Continued", f"--model.network.name={start}"]
    own += [f"--data.tokenizer.name={start}"]
    sizes = '--rows={"20": ""}'
    done = gain(command, folder, f"--pretrain.more={' '.join(own)}", sizes, "--folder=h")
    assert done.code == 0, done.err
    for run, name in (("none-20-1", start), ("more-20-1", "h/pretrain/more/model")):
        config = yaml.safe_load((folder / "h" / run / "config.yaml").read_text("utf-8"))
        backbone = config["model"]["backbone"]["init_args"]
        assert (backbone["name"], backbone["config"]) == (name, None)
