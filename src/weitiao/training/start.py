"""`--model.start`: a run that begins with values, weights and labels of a fine-tuned model."""

from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from weitiao.card import DataCard, TargetCard
from weitiao.config.parser import flat
from weitiao.config.presets import values_of
from weitiao.errors import ConfigError
from weitiao.io.checkpoint_file import checkpoint_of, load_checkpoint
from weitiao.models.module import Module
from weitiao.objectives.base import objective_class
from weitiao.training.recipe import named
from weitiao.training.resume import given
from weitiao.training.trusted import asks_for_remote_code, refuse_foreign_code

CHATS = (
    "weitiao.inputs.chat.Chat",
    "weitiao.inputs.preferences.Preferences",
    "weitiao.inputs.preferences.Judged",
)
"""The inputs of conversations."""
SCORER = "objective.scorer."  # begins the names of weights of pooling, head and wide part
OF_TEXTS = ("clean", "segment", "linear")
"""The input's arguments by which a text becomes what the model reads."""
OF_CHATS = ("max_length", "too_long", "learn", "system")
"""The input's arguments by which a conversation does."""
OF_ROWS = ("pooling", "head", "wide", "linear_share", "calibrate")
"""The objective's arguments by which vectors become logits."""
OF_TRAINING = ("vocab_size", "min_count", "lowercase", "pad_token", "vectors")
"""The tokenizer's arguments that are done with once it is there."""
FREE = (
    *("bits", "dropout", "freeze", "gradient_checkpointing", "lora", "packed", "token_dropout"),
    "vectors",
)
"""The backbone's arguments that may be others than the checkpoint's: weights keep their shapes."""
BUILT = ("config", "embedding", "trust_remote_code")
"""Those by which the backbone is made again."""


def with_start(arguments: list[str]) -> list[str]:
    """The command line with the values of the model that it begins with before its own.

    Args:
        arguments: the command line without the verb, in today's names; its configurations may name
            the model.

    Raises:
        ConfigError: there is no such checkpoint, it is broken, not ours, or asks to run code.
    """
    start = named("model.start", arguments)
    if start in (None, "", "null") or given(arguments, "--ckpt_path") is not None:
        return arguments
    path = checkpoint_of(Path(start))
    content = load_checkpoint(path)
    refuse_foreign_code(content, f"model.start: {path}")
    if asks_for_remote_code(content):
        problem = f": {path} asks to run Python code that came with its backbone: not done here"
        raise ConfigError(problem, field="model.start")
    values = {"data": _of_data(content, path), "model": _of_model(content)}
    if (task := named("task", arguments)) is not None:
        _refuse_other_input(task, values, path)
        _leave_to(task, values)
    return [f"--config={yaml.safe_dump(values, allow_unicode=True)}", *arguments]


def _refuse_other_input(task: str, values: dict[str, dict[str, Any]], path: Path) -> None:
    """Refuse a task that reads conversations where the model read texts, and the reverse.

    Raises:
        ConfigError: it is so.
    """
    asked = values_of("task", task)["data"].get("input", {}).get("class_path")
    read = values["data"]["input"]["class_path"]
    if (asked in CHATS) != (read in CHATS):
        what = "conversations" if read in CHATS else "no conversations"
        problem = f": {path} was trained on {what}, so it can't continue with the task {task}"
        raise ConfigError(problem, field="model.start")


def _leave_to(task: str, values: dict[str, dict[str, Any]]) -> None:
    """Leave target and objective to a task that is asked for; of another one, what it shares."""
    del values["data"]["target"]
    said = values_of("task", task)
    wanted = said["model"]["objective"]["class_path"]
    if (objective := values["model"]["objective"])["class_path"] != wanted:
        taken = {*OF_ROWS} & signature(objective_class(wanted)).parameters.keys()
        kept = {name: v for name, v in objective["init_args"].items() if name in taken}
        values["model"]["objective"] = {"class_path": wanted, "init_args": kept}
        texts = values["data"]["input"]["init_args"]
        if "encode" not in texts:  # conversations, of which each task reads its own part
            values["data"]["input"]["class_path"] = said["data"]["input"]["class_path"]
            texts.pop("learn", None)
            texts.pop("too_long", None)
            return
        theirs = said["data"].get("input", {}).get("encode", {})
        ways = texts["encode"].get("truncation"), theirs.get("truncation")
        for name in ("pairs", *theirs):  # how second texts are read is a task's own
            texts["encode"].pop(name, None)
        if "windows" in ways:  # of one task only: it reads whole texts, which nothing else does
            texts["encode"].pop("truncation", None)
        if "windows" in ways or "pairs" in theirs:
            texts.pop("linear", None)


def _of_model(content: Mapping[str, Any]) -> dict[str, Any]:
    values = content["hyper_parameters"]
    kept = {k: v for k, v in values.items() if k not in ("card", "start") and k[0] != "_"}
    held = dict(kept["objective"].get("init_args") or {})
    if "head" in held:
        held["head"] = held["head"] | {"start": "random"}
    kept["objective"] = kept["objective"] | {"init_args": held}
    arguments = dict(kept["backbone"].get("init_args") or {})
    # what word vectors became is in the weights
    read = values["card"]["input"]
    if width := read.get("init_args", read)["vector_width"]:
        arguments |= {"embedding": width, "vectors": "train"}
    return kept | {"backbone": kept["backbone"] | {"init_args": arguments}}


def _of_data(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    values = content["datamodule_hyper_parameters"]
    given = values["input"]["init_args"]
    if "encode" in given:
        encode = {k: v for k, v in given["encode"].items() if k not in OF_TRAINING}
        kept = {name: given[name] for name in OF_TEXTS if name in given}
        kept |= {"encode": encode | {"tokenizer": str(path)}}
    elif "tokenizer" in given:  # a chat's, with its template
        kept = {name: given[name] for name in OF_CHATS if name in given}
        kept |= {"tokenizer": str(path)}
    else:
        kind = values["input"]["class_path"]
        problem = f": {path} has no tokenizer to continue with: its input is a {kind}"
        raise ConfigError(problem, field="model.start")
    target = {"class_path": values["target"]["class_path"]}
    return {"target": target, "input": values["input"] | {"init_args": kept}}


def begin_with(module: Module, start: str) -> str:
    """Give a module the weights of a fine-tuned model; what it says of that, in a line.

    Labels that both know keep their rows of the head, others get new ones.

    Args:
        module: built with the values of `with_start`.

    Raises:
        ConfigError: its backbone is another.
    """
    path = checkpoint_of(Path(start))
    content = load_checkpoint(path)
    _refuse_other_backbone(module, content["hyper_parameters"]["backbone"], path)
    then = DataCard.of(content["hyper_parameters"]["card"])
    theirs, ours = content["state_dict"], module.state_dict()
    _copy_backbone(ours, theirs, path)
    if module.objective.scorer is None:  # which weights are a label's is not known
        said = _copy_objective(module, content, ours, theirs)
    else:
        last = max(n for n in ours if n.startswith(f"{SCORER}head.") and n.endswith(".weight"))
        logits, kinds = len(ours[last]), (then.target, module.card.target)
        rows = _rows(*kinds, logits)
        fresh = _copy_head(ours, theirs, last, rows)
        said = _described(*kinds, logits, rows, fresh)
    module.load_state_dict(ours)  # weights of few bits are no part of what was copied to
    return f"start: {path}: {said}"


def _refuse_other_backbone(module: Module, then: Mapping[str, Any], path: Path) -> None:
    now = module.hparams["backbone"]
    before, after = (flat(dict(each["init_args"])) for each in (then, now))
    differing = [
        f"model.backbone.{name}: {before.get(name)} → {value}"
        for name, value in after.items()
        if value != before.get(name) and name.partition(".")[0] not in (*FREE, *BUILT)
    ]
    if now["class_path"] != then["class_path"]:
        differing = [f"model.backbone: {then['class_path']} → {now['class_path']}"]
    if then["init_args"].get("lora") and not now["init_args"].get("lora"):
        differing = ["model.backbone.lora: the checkpoint has adapters"]
    if differing:
        problem = f": the backbone is not that of {path}:\n  " + "\n  ".join(differing)
        hint = "leave these out: backbone and tokenizer come from the checkpoint"
        raise ConfigError(problem, field="model.start", hint=hint)


def _copy_backbone(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor], path: Path) -> None:
    """Copy backbone and pooling; adapters that are new stay as they are.

    Raises:
        ConfigError: a weight is missing, or has another shape.
    """
    for name, tensor in ours.items():
        if not name.startswith(("backbone.", f"{SCORER}pool.")):
            continue
        found = theirs.get(name, theirs.get(name.replace(".base_layer.", ".")))
        if found is None and ".lora_" in name:
            continue
        shapes = None if found is None else tuple(found.shape)
        if found is None or found.shape != tensor.shape:
            raise ConfigError(
                f"model.start: {name} is {shapes or 'missing'} in {path}, and {tuple(tensor.shape)}"
                " here\n  → data.input.encode.max_length, model.objective.pooling and the options"
                " of model.backbone as in the checkpoint"
            )
        tensor.copy_(found)


def _copy_objective(
    module: Module,
    content: Mapping[str, Any],
    ours: Mapping[str, Tensor],
    theirs: Mapping[str, Tensor],
) -> str:
    """Copy an objective of the same kind, of the same labels; says what of it is new."""
    then = DataCard.of(content["hyper_parameters"]["card"]).target
    now = module.card.target
    kinds = (
        each["class_path"]
        for each in (content["hyper_parameters"]["objective"], module.hparams["objective"])
    )
    if len({*kinds}) > 1 or type(then) is not type(now):
        return "its backbone; the objective is new"
    if [*then.labels] != [*now.labels]:
        return "its backbone; other labels, a new objective"
    own = {name: tensor for name, tensor in ours.items() if name.startswith("objective.")}
    fits = {n: theirs[n] for n, t in own.items() if n in theirs and theirs[n].shape == t.shape}
    for name, found in fits.items():
        own[name].copy_(found)
    fresh = ", ".join(name.removeprefix("objective.") for name in own if name not in fits)
    return f"its backbone and its objective{f', new of it: {fresh}' if fresh else ''}"


def _rows(then: TargetCard, now: TargetCard, logits: int) -> tuple[list[int], list[int]]:
    """The logits that both have in common: their places there and here."""
    if type(then) is not type(now):
        return [], []
    if logits != len(now.labels):  # not one of each label: together they mean the same, or none
        same = [*range(logits)] if then.labels == now.labels else []
        return same, same
    shared = [label for label in now.labels if label in then.labels]
    return [then.labels.index(x) for x in shared], [now.labels.index(x) for x in shared]


def _copy_head(
    ours: Mapping[str, Tensor],
    theirs: Mapping[str, Tensor],
    last: str,
    rows: tuple[list[int], list[int]],
) -> list[str]:
    """Copy what head and wide part have in common with those of before; names what stays new."""
    of_classes = {last: 0, last.replace(".weight", ".bias"): 0}
    of_classes |= {f"{SCORER}wide.polarity.weight": 1, f"{SCORER}wide.bias": 0}
    there, here = (torch.tensor(places, dtype=torch.long) for places in rows)
    fresh = []
    for name, tensor in ours.items():
        if not name.startswith((f"{SCORER}head.", f"{SCORER}wide.")):
            continue
        found, axis = theirs.get(name), of_classes.get(name)
        if found is None or _but(axis, found) != _but(axis, tensor):
            fresh.append(name)
        elif axis is None:
            tensor.copy_(found)
        else:
            tensor.index_copy_(axis, here, found.index_select(axis, there).to(tensor))
    return fresh


def _but(axis: int | None, tensor: Tensor) -> list[int]:
    """The shape, without an axis."""
    return [size for place, size in enumerate(tensor.shape) if place != axis]


def _described(
    then: TargetCard,
    now: TargetCard,
    logits: int,
    rows: tuple[list[int], list[int]],
    fresh: list[str],
) -> str:
    if type(then) is not type(now) or (fresh and fresh[0].startswith(f"{SCORER}head.")):
        return "its backbone; the head is new"
    if logits != len(now.labels):
        return "its backbone and its head" if rows[0] else "its backbone; other labels, a new head"
    kept = {now.labels[place] for place in rows[1]}
    new = [label for label in now.labels if label not in kept]
    line = f"{len(kept)} of {len(now.labels)} labels as before"
    if new:
        line += f", {len(new)} new: {', '.join(new[:10])}{', …' if new[10:] else ''}"
    gone = len(then.labels) - len(kept)
    return line + (f"; {gone} of its labels are not in these data" if gone else "")
