"""The same search by `src/tune.py` and by transformers' `Trainer.hyperparameter_search`.

    python benchmarks/search_transformers.py [--rows 4000] [--trials 10] [--epochs 3] [--workers 1]

Both train the same BERT-kind classifier (2 layers, 128 wide) from scratch on the same rows and ids:
the same points of learning rate and weight decay, as many epochs, 64 rows a batch, a validation an
epoch by macro F1; once without a pruner, once with the median pruner. What is timed is the whole
search, from the start of the process. transformers' Trainer pads to the longest text allowed, as
its `run_classification.py` does; `--dynamic` pads each batch to its longest instead.

Initial weights are drawn by each in its own way, so scores agree on average only.

Needs the embedded corpus (`python src/corpus.py`) and accelerate: `pip install 'weitiao[bench]'`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.table import Table
from throughput import sampled
from ways import BATCH, CLIP, LENGTH, hf_rows

from weitiao.data.batch import Batching
from weitiao.data.datamodule import DataModule
from weitiao.inputs.text.tokenization import Encoder
from weitiao.models.backbones.transformer import Transformer
from weitiao.tuning.options import Search
from weitiao.tuning.outcomes import trials_of
from weitiao.tuning.samplers import pruner_of, sampler_of
from weitiao.tuning.space import parse_space
from weitiao.tuning.study import reopen

ROOT = Path(__file__).parents[1]
LAYERS, WIDTH = 2, 128
LEARNING_RATE, DECAY = (1e-4, 5e-3), (0.0, 0.1)
SPACE = {
    "model.optim.lr": {"low": LEARNING_RATE[0], "high": LEARNING_RATE[1], "log": True},
    "model.optim.weight_decay": {"low": DECAY[0], "high": DECAY[1]},
}
OURS = (
    "--config=configs/default.yaml",
    "--model.objective.wide=null",
    "--model.backbone=weitiao.models.backbones.transformer.Transformer",
    f"--model.backbone.layers={LAYERS}",
    f"--model.backbone.width={WIDTH}",
    f"--model.backbone.heads={WIDTH // 64}",
    "--model.objective.pooling=cls",
    "--model.objective.head.kind=mlp",
    "--model.objective.head.activation=tanh",
    "--model.objective.loss.kind=cross_entropy",
    "--model.optim.warmup=0.1",
    f"--data.input.encode.max_length={LENGTH}",
    "--data.batch.tokens=null",
    f"--data.batch.size={BATCH}",
    f"--trainer.gradient_clip_val={CLIP}",
)
LEAST_SPEEDUP = 2.0
WAYS = ("weitiao", "transformers")


class SamePoints(BaseSampler):
    """Draws for trial ``n`` what our search draws for it."""

    def __init__(self, search: Search) -> None:
        self.search, self.trial, self.space = search, -1, parse_space(SPACE, "SPACE")
        self.own = sampler_of(search, 0, self.space)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict:
        """None: each value is drawn by itself."""
        return {}

    def sample_relative(self, study: optuna.Study, trial: FrozenTrial, space: dict) -> dict:
        """Nothing."""
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, name: str, distribution: BaseDistribution
    ) -> Any:
        """The next value that trial ``n`` of our search draws."""
        if trial.number != self.trial:
            self.trial = trial.number
            self.own = sampler_of(self.search, trial.number, self.space)
        return self.own.sample_independent(study, trial, name, distribution)


def search_ours(search: Search, file: Path, epochs: int) -> optuna.Study:
    """Our search, as a person starts it."""
    space = search.folder.with_suffix(".yaml")
    space.parent.mkdir(parents=True, exist_ok=True)
    space.write_text(yaml.safe_dump(SPACE), "utf-8")
    own = {"trials": search.trials, "pruner": search.pruning, "root": search.root}
    own |= {"workers": search.workers, "start": search.start}
    options = [*(f"--{name}={value}" for name, value in own.items()), f"--space={space}", *OURS]
    options += [f"--data.train={file}", f"--trainer.max_epochs={epochs}"]
    subprocess.run([sys.executable, "src/tune.py", *options], cwd=ROOT, check=True)
    return reopen(search)


def search_theirs(search: Search, file: Path, epochs: int, dynamic: bool) -> optuna.Study:
    """transformers' search over the same rows and ids."""
    import numpy as np
    from sklearn.metrics import f1_score
    from transformers import (
        BertForSequenceClassification,
        DataCollatorWithPadding,
        PreTrainedTokenizerFast,
        Trainer,
        TrainingArguments,
        default_data_collator,
    )

    data = DataModule(
        train=str(file),
        encode=Encoder(max_length=LENGTH),
        batch=Batching(tokens=None, size=BATCH),
        cache=str(ROOT / ".cache" / "prepared"),
    )
    ours = Transformer(data.card, layers=LAYERS, width=WIDTH, heads=WIDTH // 64)
    config = ours.encoder.config
    config.num_labels = len(data.card.target.labels)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=data.encoder.backend, pad_token="[PAD]")
    storage = optuna.storages.InMemoryStorage()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=BATCH,
            per_device_eval_batch_size=BATCH,
            max_grad_norm=CLIP,
            warmup_steps=0.1,  # a share, if below 1
            eval_strategy="epoch",
            save_strategy="epoch",  # the best checkpoint is what a search is for
            save_total_limit=1,
            use_cpu=True,
            report_to="none",
        )
        pad_id = data.card.input.pad_id
        Trainer(
            None,
            arguments,
            train_dataset=hf_rows(data.train_dataloader(), pad_id, padded=not dynamic),
            eval_dataset=hf_rows(data.val_dataloader(), pad_id, padded=not dynamic),
            data_collator=DataCollatorWithPadding(tokenizer) if dynamic else default_data_collator,
            model_init=lambda: BertForSequenceClassification(config),
            compute_metrics=lambda p: {
                "f1_macro": f1_score(p.label_ids, np.argmax(p.predictions, -1), average="macro")
            },
        ).hyperparameter_search(
            hp_space=lambda trial: {
                "learning_rate": trial.suggest_float("learning_rate", *LEARNING_RATE, log=True),
                "weight_decay": trial.suggest_float("weight_decay", *DECAY),
            },
            compute_objective=lambda metrics: metrics["eval_f1_macro"],
            n_trials=search.trials,
            direction="maximize",
            sampler=SamePoints(search),
            pruner=pruner_of(search),
            study_name=search.study,
            storage=storage,
        )
    return optuna.load_study(study_name=search.study, storage=storage)


def measure(way: str, pruner: str, args: argparse.Namespace) -> dict[str, Any]:
    """One search; its facts."""
    with tempfile.TemporaryDirectory() as root:
        search = Search(
            trials=args.trials, pruner=pruner, root=root, workers=args.workers, start=False
        )
        file, since = sampled(args.rows, 0), time.perf_counter()
        if way == "weitiao":
            study = search_ours(search, file, args.epochs)
        else:
            study = search_theirs(search, file, args.epochs, args.dynamic)
        seconds = time.perf_counter() - since
        done = trials_of(study, TrialState.COMPLETE)
        return {
            "way": way,
            "pruner": pruner,
            "seconds": seconds,
            "best": max(trial.values[0] for trial in done),
            "pruned": len(trials_of(study, TrialState.PRUNED)),
            "points": [list(trial.params.values()) for trial in trials_of(study)],
        }


def main() -> int:
    """Search both ways without and with a pruner; 1 where the bar isn't met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=4000, help="lines of the corpus to take")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1, help="trials of ours at a time")
    parser.add_argument("--dynamic", action="store_true", help="theirs pads batch by batch")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)  # a process for each search
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one, args)))
        return 0
    table = Table(title=f"{args.trials} trials of {args.epochs} epochs", title_justify="left")
    for title in ("pruner", *(f"{way}, s" for way in WAYS), "faster", "best", "pruned"):
        table.add_column(title, justify="right")
    met = True
    for pruner in ("none", "median"):
        ours, theirs = (_in_a_process(way, pruner) for way in WAYS)
        assert ours["points"] == theirs["points"], "the searches drew other points"
        times = theirs["seconds"] / ours["seconds"]
        met &= times >= LEAST_SPEEDUP
        both = (ours, theirs)
        table.add_row(
            pruner,
            *(f"{one['seconds']:.0f}" for one in both),
            f"{times:.2f} ×",
            " / ".join(f"{one['best']:.4f}" for one in both),
            " / ".join(str(one["pruned"]) for one in both),
        )
    Console().print(table)
    return 0 if met else 1


def _in_a_process(way: str, pruner: str) -> dict[str, Any]:
    command = [sys.executable, *sys.argv, "--one", way, pruner]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
