"""Checks before training starts, of what would fail only after hours."""

import difflib
from typing import Any

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.strategies import FSDPStrategy, ModelParallelStrategy
from lightning.pytorch.utilities.model_helpers import is_overridden

from weitiao.card import TokenInput
from weitiao.config.bounds import at_least
from weitiao.config.parser import flat
from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.inputs.text import Text
from weitiao.models.backbones.embedding import Embedding
from weitiao.models.backbones.tuned import Tuned
from weitiao.models.module import Module
from weitiao.objectives.pooling import FirstPosition, LastPosition
from weitiao.training.undefined_scores import refuse_undefined

MOST_ALONE = 0.2
"""Share of the rows of train, above which a run stops, that are compared with no others."""


def check_parts(verb: str, module: Module, data: DataModule, monitor: str) -> None:
    """Refuse splits, metrics and parts that don't go together.

    Args:
        verb: ``fit``, or ``train``, which tests as well.
    """
    check_run(verb, module, monitor)
    refuse_undefined(monitor, module.objective, data)
    refuse_double_balance(module, data)
    refuse_foreign_ids(module, data)
    refuse_lone_rows(module, data)
    refuse_blind_pooling(module)
    refuse_unread_vectors(module)


def check_run(verb: str, module: Module, monitor: str) -> None:
    """Refuse values with which a run could not choose a best checkpoint, or not test it.

    Raises:
        ConfigError: says which value is at fault.
    """
    for split in ("val", "test") if verb == "train" else ("val",):
        if split not in module.card.rows:
            hint = f"{{--data.{split}}} FILE, or {{--data.split.{split}}} above 0"
            raise ConfigError(f"there is no {split} split", hint=hint)
    _refuse_unknown("run.monitor", monitor, module)


def _refuse_unknown(option: str, monitor: str, module: Module) -> None:
    metrics = ["val/loss", *(f"val/{name}" for name in module.metrics_of("val")[1].names())]
    if monitor not in metrics:
        near = " or ".join(difflib.get_close_matches(monitor, metrics, cutoff=0.3) or metrics)
        problem = f": validation gives no metric {monitor!r}"
        raise ConfigError(problem, field=option, hint=near)


def refuse_unknown_monitors(trainer: dict[str, Any], module: Module) -> None:
    """Refuse callbacks that stop by a metric which the task doesn't have.

    Args:
        trainer: flat values ``trainer.NAME``.

    Raises:
        ConfigError: names the class and metrics that there are.
    """
    given = trainer.get("trainer.callbacks") or []
    for callback in given if isinstance(given, list) else [given]:
        name = str(callback["class_path"]).rpartition(".")[2]
        monitor = (callback.get("init_args") or {}).get("monitor")
        if name == "EarlyStopping" and monitor and not monitor.startswith("train/"):
            _refuse_unknown(f"trainer.callbacks: {name}", monitor, module)


def refuse_lone_rows(module: Module, data: DataModule) -> None:
    """Refuse batches of one row where a loss compares rows.

    Raises:
        ConfigError: more than a fifth of train's rows stand alone.
    """
    if not module.objective.compares_rows:
        return
    sizes = np.diff(data.train_dataloader().batches.offsets)
    if (alone := int((sizes == 1).sum())) > MOST_ALONE * sizes.sum():
        raise ConfigError(
            f": {alone:,} of {sizes.sum():,} rows of train are alone in their batch, where nothing"
            " is learned from them: the loss compares the rows of a batch",
            field="data.batch",
            hint="{--data.batch.size} 64 {--data.batch.tokens} null;"
            " where memory lacks, {--model.objective.chunk} 8",
        )


def refuse_double_balance(module: Module, data: DataModule) -> None:
    """Refuse to make up twice for classes of unequal size.

    Raises:
        ConfigError: rare classes are drawn more often, and weighted as if they were not.
    """
    weights = flat(dict(module.hparams)).get("objective.init_args.loss.class_weights")
    if data.sampling == "balanced" and weights == "balanced":
        raise ConfigError(
            "and class_weights are both balanced: each alone makes up for unequal classes, both"
            " together favour the rare ones",
            field="sampling",
            hint="{--sampling} all, or {--class_weights} none",
        )


def check_trainer(trainer: dict[str, Any]) -> None:
    """Refuse a Trainer that would end without a checkpoint, or never.

    Args:
        trainer: flat values ``trainer.NAME``.

    Raises:
        ConfigError: says which value is at fault.
    """
    for name in ("accumulate_grad_batches", "log_every_n_steps", "check_val_every_n_epoch"):
        at_least(1, **{f"trainer.{name}": trainer.get(f"trainer.{name}")})
    needed = ("max_epochs", "max_steps", "limit_train_batches", "limit_val_batches")
    for name in (*needed, "val_check_interval"):
        if trainer.get(f"trainer.{name}") == 0:
            problem = "= 0 leaves nothing to choose a checkpoint from"
            raise ConfigError(problem, field=f"trainer.{name}")
    if trainer.get("trainer.max_epochs") == -1 and trainer.get("trainer.max_steps") == -1:
        hint = "{--trainer.max_epochs} or {--trainer.max_steps}"
        raise ConfigError("training has no end", hint=hint)
    clip = "trainer.gradient_clip_val"
    at_least(0, **{clip: trainer.get(clip)})
    epochs, every = trainer.get("trainer.max_epochs"), trainer["trainer.check_val_every_n_epoch"]
    if epochs and epochs > 0 and every and every > epochs:
        problem = f"= {every} validates in none of the {epochs} epochs"
        raise ConfigError(problem, field="trainer.check_val_every_n_epoch")
    if isinstance(trainer.get("trainer.logger"), bool):
        problem = "metrics.csv and TensorBoard are always written"
        hint = "leave it out, or name further loggers by class_path"
        raise ConfigError(problem, field="trainer.logger", hint=hint)
    if trainer.get("trainer.fast_dev_run"):
        hint = "{--config} configs/presets/debug.yaml"
        raise ConfigError("keeps no checkpoint", field="trainer.fast_dev_run", hint=hint)


def refuse_seed(seed: int) -> None:
    """Refuse what numpy takes for no seed.

    Raises:
        ConfigError: the seed is negative or has more than 32 bits.
    """
    if not 0 <= seed < 2**32:
        problem = f"must be from 0 to {2**32 - 1}, got {seed}"
        raise ConfigError(problem, field="seed_everything")


def refuse_foreign_ids(module: Module, data: DataModule) -> None:
    """Stop before a pretrained backbone reads ids that mean nothing to it.

    Raises:
        ConfigError: the backbone is pretrained and the tokenizer was trained on the training split.
    """
    encode = data.input.encode if isinstance(data.input, Text) else None
    if isinstance(module.backbone, Tuned) and encode is not None and encode.trained:
        raise ConfigError(
            f"a pretrained backbone doesn't know the ids of the tokenizer {encode.tokenizer!r}",
            hint="{--encode.tokenizer}, its own",
        )


def refuse_blind_pooling(module: Module) -> None:
    """Stop before texts are judged by one position that doesn't see the whole of them.

    A decoder's first position sees only itself, a convolution's the few beside it. Which see how
    far is found by trying: a text whose far end is changed must give another vector.

    Raises:
        ConfigError: the one position that the pooling takes doesn't see the other end of the text.
    """
    backbone = module.backbone
    scorer: Any = module.objective.scorer or module.objective
    if not isinstance(getattr(scorer, "pool", None), FirstPosition | LastPosition):
        return
    if not isinstance(module.card.input, TokenInput):  # no ids to try it with
        return
    unit, other = [i for i in range(3) if i != module.card.tokens.pad_id][:2]
    ids = torch.full((1, min(16, module.card.tokens.max_length)), unit)
    changed, mask = ids.clone(), torch.ones_like(ids, dtype=torch.bool)
    changed[0, -1 if isinstance(scorer.pool, FirstPosition) else 0] = other
    module.eval()
    with torch.inference_mode():
        before, after = (scorer.pool(backbone(x, mask), mask) for x in (ids, changed))
    module.train()
    if torch.equal(before, after):
        raise ConfigError(
            f"{scorer.pooling} takes one position's vector, which in this backbone doesn't see the"
            " whole text",
            field="pooling",
            hint="{--pooling} last for a decoder; mean and max take all positions",
        )


def refuse_unread_vectors(module: Module) -> None:
    """Stop before word vectors are given to a backbone that has no use for them.

    Raises:
        ConfigError: there are word vectors, and the backbone has no `Embedding`.
    """
    if module.card.input.vectors and not any(isinstance(m, Embedding) for m in module.modules()):
        problem = f": the backbone {type(module.backbone).__name__} reads no word vectors"
        hint = "one of TextCNN, Bag, Recurrent does"
        raise ConfigError(problem, field="encode.vectors", hint=hint)


def check_sharing(trainer: L.Trainer, module: L.LightningModule) -> None:
    """Refuse what doesn't go with weights that the processes share out.

    Raises:
        ConfigError: the module can't share its weights out, its processes may call the backbone
            unequally often, a callback averages such weights, or the strategy is the first FSDP,
            which shares them out in another way than `Module.configure_model`.
    """
    if isinstance(trainer.strategy, FSDPStrategy):
        problem = ": FSDP is to be had in its second form only"
        hint = "{--config} configs/trainer/fsdp.yaml"
        raise ConfigError(problem, field="trainer.strategy", hint=hint)
    shared = isinstance(trainer.strategy, ModelParallelStrategy)
    if shared and not is_overridden("configure_model", module):
        problem = f": a {type(module).__name__} doesn't share its weights out"
        hint = "{--config} configs/trainer/ddp.yaml"
        raise ConfigError(problem, field="trainer.strategy", hint=hint)
    if shared and isinstance(module, Module) and (reason := module.objective.uneven):
        # the processes would wait for each other for ever
        problem = f": the processes can't share the weights out: {reason}"
        hint = "{--config} configs/trainer/ddp.yaml"
        raise ConfigError(problem, field="trainer.strategy", hint=hint)
    average = any(isinstance(callback, WeightAveraging) for callback in trainer.callbacks)
    if average and shared:
        problem = ": an average of weights can't be kept where processes share them out"
        hint = "leave it out; {--config} configs/trainer/ddp.yaml"
        raise ConfigError(problem, field="trainer.callbacks", hint=hint)
