"""Advice at the end of a run that could do better: what is likeliest to help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from weitiao.config.commands import command
from weitiao.downloads import encoder
from weitiao.inputs.text import Text
from weitiao.models.backbones.tuned import Tuned
from weitiao.objectives.display import said
from weitiao.training.best_scores import improving, longer

if TYPE_CHECKING:
    from weitiao.training.fit import Run

FEW_STEPS = 200  # of the optimiser
FEW_ROWS = 30  # a class, in train
MUCH_CUT = 0.2  # of the texts of train
LOW_RATE = 1e-4  # of a pretrained encoder


def below_baseline(run: Run, metrics: Mapping[str, float]) -> str | None:
    """A warning with two remedies, if the baseline is better on test; else nothing.

    Args:
        metrics: with ``test/…`` and ``baseline/…``.
    """
    objective = run.module.objective
    first = objective.first
    model, baseline = metrics[f"test/{first}"], metrics.get(f"baseline/{first}")
    if baseline is None or not model < baseline:
        return None
    title = dict(objective.shown)[first]
    ours, theirs = (said(f"test/{first}", value) for value in (model, baseline))
    if ours == theirs:  # as far as is shown
        return None
    told = f"! below the {objective.baseline} baseline: {title} {ours}, not {theirs}"
    return "\n  → ".join([told, *islice(remedies(run), 2)])


def remedies(run: Run) -> Iterator[str]:
    """What may help, the likeliest first, from what is known of the run."""
    card, module = run.data.card, run.module
    pretrained = isinstance(module.backbone, Tuned)
    rows, classes = card.rows["train"], len(module.objective.classes)
    trainer = run.trainer
    if trainer.limit_train_batches != 1.0:
        read = f"{trainer.num_training_batches:,} batches an epoch"
        yield f"read all of train, not {read}: {{--trainer.limit_train_batches}} 1.0"
    if improving(trainer) or trainer.global_step < FEW_STEPS:
        yield f"train longer: {longer(trainer)}"
    # some tasks have no recipe that starts from an encoder, and one of texts sees nothing
    starts = module.objective.recipe.startswith("pretrained") and run.data.input.recipe is None
    if starts and not pretrained:
        fetched = "" if encoder.at_hand() else "make encoder, then "
        yield f"start from a pretrained encoder: {fetched}{{--recipe}} {module.objective.recipe}"
    of_text = isinstance(run.data.input, Text) and not card.tokens.windows
    cut = run.data.prepared.audit["encode"]["train"]["cut_share"] if of_text else 0.0
    if cut > MUCH_CUT:
        yield (
            f"read more of each text, {cut:.0%} of train are cut:"
            f" {{--data.input.encode.max_length}} {2 * card.tokens.max_length}"
        )
    if pretrained and module.optim.lr < LOW_RATE:
        yield f"learn faster: {{--model.optim.lr}} {2 * module.optim.lr:g}"
    scorer = module.objective.scorer
    if of_text and scorer is not None and scorer.wide is None and scorer.linear is None:
        yield "let a linear model of n-grams stand beside the network: {--data.input.linear} '{}'"
    if classes and rows < FEW_ROWS * classes:
        yield f"label more rows: {rows:,} rows of train are few for {classes:,} classes"
    yield f"search: {command('tune', '--trials', '50', '--config', run.folder.config)}"
