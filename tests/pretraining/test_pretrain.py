"""`src/pretrain.py`: from a text file to a model that transformers loads and `fit` takes."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
from conftest import Command, reviews, write_csv
from pretraining_runs import pretrain, rows
from resumed_runs import by_test


@pytest.fixture(scope="module")
def made(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and the run `whole` on it."""
    folder = tmp_path_factory.mktemp("pretrain")
    (folder / "c.txt").write_text("\n".join(text for text, _ in reviews(150)), "utf-8")
    done = pretrain(command, folder, "--run.folder=whole")
    assert done.code == 0, done.err
    assert "positions filled" in done.err
    assert "--model.backbone.name whole/model" in done.err
    return folder


@pytest.mark.slow
def test_the_last_step_is_validated_wherever_it_falls(made: Path, command: Command) -> None:
    same_rate = ("--model.optim.schedule=constant", "--model.optim.warmup=0")
    steps = (*same_rate, "--trainer.max_epochs=-1", "--trainer.max_steps")
    done = pretrain(command, made, *steps, "3", "--run.folder=steps")
    assert done.code == 0, done.err
    assert (made / "steps" / "model" / "model.safetensors").is_file()
    done = pretrain(command, made, *steps, "7", "--ckpt_path=steps/checkpoints/last.ckpt")
    assert done.code == 0, done.err
    whole = pretrain(command, made, *steps, "7", "--run.folder=whole-steps")
    assert whole.code == 0, whole.err
    last = [row for row in rows(made / "whole-steps") if "train/loss" in row]
    assert last
    assert last[-1] == [row for row in rows(made / "steps") if "train/loss" in row][-1]


def test_perplexity_is_the_exponential_of_the_loss(made: Path) -> None:
    scores = json.loads((made / "whole" / "metrics.json").read_text("utf-8"))
    assert scores["val/perplexity"] == pytest.approx(math.exp(scores["val/loss"]), rel=1e-5)
    assert 0 <= scores["val/accuracy"] <= 1


def test_transformers_loads_the_folder(made: Path) -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    model, report = AutoModelForMaskedLM.from_pretrained(
        made / "whole" / "model", output_loading_info=True
    )
    tokenizer = AutoTokenizer.from_pretrained(made / "whole" / "model")
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert len(tokenizer) == model.config.vocab_size
    assert tokenizer.mask_token_id is not None
    rights = {path.stat().st_mode for path in (made / "whole" / "model").iterdir()}
    assert len(rights) == 1  # safetensors' own are the owner's alone


def test_fit_goes_on_with_it(made: Path, command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(60))
    model = shutil.copytree(made / "whole" / "model", tmp_path / "model")
    done = command(
        *("fit", "--data.train=my.csv", "--data.text=review", "--data.target.label=stars"),
        *("--model.backbone=Pretrained", f"--model.backbone.name={model}"),
        *(f"--data.encode.tokenizer={model}", "--data.encode.max_length=32"),
        *("--trainer.max_epochs=1", "--trainer.accelerator=cpu"),
        cwd=tmp_path,
    )
    assert done.code == 0, done.err


@pytest.mark.slow
@pytest.mark.parametrize("step", [3, 7])
def test_a_killed_run_goes_on_to_the_same_digits(made: Path, command: Command, step: int) -> None:
    name = f"killed-{step}"
    kill = (*by_test("kill_at.KillAt"), f"--trainer.callbacks.step={step}")
    assert pretrain(command, made, f"--run.folder={name}", *kill).code == -9
    done = pretrain(command, made, f"--run.folder={name}")
    assert done.code == 0, done.err
    assert rows(made / name) == rows(made / "whole")


def test_a_gpt_kind_learns_as_well(made: Path, command: Command) -> None:
    done = pretrain(command, made, "--run.folder=gpt", "--data.objective=causal")
    assert done.code == 0, done.err
    config = json.loads((made / "gpt" / "model" / "config.json").read_text("utf-8"))
    assert config["model_type"] == "gpt2"


def test_texts_that_must_not_be_seen_are_left_out_and_counted(made: Path, command: Command) -> None:
    texts = [text for text, _ in reviews(150)]
    write_csv(made / "test.csv", [(f" {text} ", "x") for text in texts[:40]], ("text", "label"))
    done = pretrain(command, made, "--run.folder=clean", "--data.without.files=test.csv")
    assert done.code == 0, done.err
    audit, whole = (
        json.loads((made / name / "audit.json").read_text("utf-8")) for name in ("clean", "whole")
    )
    assert audit["corpus"]["kept from the model"] == 40
    assert sum(audit["ids"].values()) < 0.8 * sum(whole["ids"].values())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--data.objective=causal", "--data.masking.share=0.2"), "data.masking has no effect"),
        (("--data.tokenizer.name=words",), "must be cut without a segmenter"),
        (("--data.corpus.files=none.txt",), "none.txt"),
        (("--data.max_length=4",), "max_length"),
        (("--data.val=0",), "data.val is a share"),
        (("--run.monitor=val/f1",), "is none of val/loss"),
        (("--model.network.width=9",), "no multiple"),
        (("--data.segment.stop_words=c.txt",), "reads all of a text"),
    ],
)
def test_bad_values_are_told_and_leave_nothing(
    made: Path, command: Command, options: tuple[str, ...], told: str
) -> None:
    before = sorted(path.name for path in made.iterdir())
    done = pretrain(command, made, "--run.folder=bad", *options)
    assert done.code == 1, done.err
    assert told in done.err
    assert "Traceback" not in done.err
    assert sorted(path.name for path in made.iterdir()) == before


def test_the_shipped_config_trains(made: Path, command: Command) -> None:
    config = Path(__file__).parents[2] / "configs" / "pretrain" / "default.yaml"
    options = ("--data.corpus.files=c.txt", "--trainer.max_epochs=1", "--trainer.accelerator=cpu")
    few = ("--trainer.limit_train_batches=1", "--run.folder=shipped", "--data.val=0.2")
    done = command(f"--config={config}", *options, *few, cwd=made, script="pretrain.py")
    assert done.code == 0, done.err
