"""A folder that `transformers` loads as a causal model that chats: weights, tokenizer, template."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from weitiao.data.datamodule import DataModule
from weitiao.errors import ConfigError
from weitiao.export.merged import merge_adapters
from weitiao.io.dialogues.messages import messages_in
from weitiao.io.exported import write_exported
from weitiao.models.backbones.causal import Causal
from weitiao.models.module import Module
from weitiao.objectives.base import Batch
from weitiao.objectives.replies.replying import Replying
from weitiao.training.console import show_line

if TYPE_CHECKING:
    from weitiao.inputs.chat.fitted import FittedChat

BATCHES = 4  # of the checked split
ROWS = 2  # of each
LONGEST = 32  # ids of their answers
EXACT = 1e-5
"""How far a logit may be off, by the largest one: in 32 bits, adapters and the weights that they
were added to give sums of another order, and a logit of 40 moves by 1e-4."""
USUAL = 10.0  # a largest logit; where it is smaller, one may be off as if it weren't
NAMED = tuple(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))


def is_chat_kind(module: Module) -> bool:
    """Whether it answers conversations."""
    return isinstance(module.objective, Replying) and isinstance(module.backbone, Causal)


def exported_chat(
    module: Module,
    data: DataModule,
    content: Mapping[str, Any],
    split: str,
    folder: Path,
    console: Console,
) -> list[str]:
    """Write the folder, and see to it that it gives the logits of the model, adapters and all.

    Args:
        content: what a checkpoint of the model holds besides weights.
        split: whose rows both are asked of.

    Returns:
        The texts of that split.

    Raises:
        ConfigError: it gives others, or can't be made.
    """
    with console.status(f"exporting, and asking both of {split}"):
        merged = merge_adapters(copy.deepcopy(module))
        names = write_chat(merged, data, folder)
        whole = {**content, "hyper_parameters": dict(merged.hparams)}
        write_exported(whole | {"state_dict": merged.state_dict()}, folder, names, {})
        del merged
        found = check_chat(module, data, split, folder)
    console.print(
        f"{found.rows:,} rows of {split}: logits, up to {found.largest:.0f}, differ by up to"
        f" {found.apart:.1e}; same answers {found.same:.0%}"
    )
    if not found.prompts:
        line = "! apply_chat_template makes other ids of some prompts than this model learned from"
        show_line(f"{line}: weitiao generate --chat makes the same", console)
    if not found.exact:
        raise ConfigError(
            f"the folder's logits differ by up to {found.apart:.1e}: it was not kept",
            hint="tell the project, with the model's configuration",
        )
    texts: list[str] = data.rows(split)["original"].to_pylist()
    return texts


def write_chat(module: Module, data: DataModule, folder: Path) -> dict[str, str]:
    """Write configurations, tokenizer and template.

    Returns:
        Names of weights → what they are called in the folder.

    Raises:
        ConfigError: the model has code of its own, which isn't in the checkpoint.
    """
    from transformers import GenerationConfig

    from weitiao.inputs.chat.fitted import FittedChat  # models of labels do without

    backbone, objective, fitted = module.backbone, module.objective, data.fitted
    assert isinstance(backbone, Causal)
    assert isinstance(objective, Replying)
    assert isinstance(fitted, FittedChat)
    if not backbone.rebuild_args():
        problem = f": {backbone.name!r} has code of its own, which the checkpoint hasn't"
        raise ConfigError(problem, field="ckpt_path", hint="weitiao.load(run), or weitiao serve")
    (model,) = backbone.whole
    config = model.config.to_dict() | {"dtype": "float32", "architectures": [type(model).__name__]}
    ends = {"eos_token_id": [*objective.ends], "pad_token_id": backbone.pad_id}
    values = {"config.json": config | ends, "generation_config.json": GenerationConfig(**ends)}
    values["tokenizer_config.json"] = _tokenizer_config(fitted, backbone)
    for name, content in values.items():
        plain = content if isinstance(content, dict) else content.to_diff_dict()
        text = json.dumps(plain, ensure_ascii=False, indent=1, default=str)
        (folder / name).write_text(text + "\n", "utf-8")
    fitted.encoder.tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(fitted.encoder.template.text, "utf-8")
    return _names(module, model)


def _tokenizer_config(fitted: FittedChat, backbone: Causal) -> dict[str, Any]:
    token, ends = fitted.encoder.tokenizer.id_to_token, fitted.card.ends
    named = {name: x for name, x in fitted.encoder.template.names.items() if name in NAMED}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": backbone.limit or fitted.card.max_length,
        "clean_up_tokenization_spaces": False,
        "eos_token": token(ends[0]),
        **named,
        "pad_token": token(backbone.pad_id),
    }


def _names(module: Module, model: Any) -> dict[str, str]:
    """Names of ours → those of a model of `transformers`."""
    head = module.backbone.head
    places = {"backbone.encoder.": f"{model.base_model_prefix}."}
    if head is not None:
        own = next(name for name, part in model.named_modules() if part is head)
        places["backbone.head."] = f"{own}."
    return {
        name: there + name.removeprefix(here)
        for name in module.state_dict()
        for here, there in places.items()
        if name.startswith(here)
    }


class Checked(NamedTuple):
    """How near a folder is to its model.

    Args:
        rows: that both were asked of.
        apart: largest difference of a logit.
        largest: logit, whatever its sign.
        same: of the answers to the first row of each batch, the share that is the same.
        prompts: whether the folder's tokenizer makes the same ids of those prompts.
    """

    rows: int
    apart: float
    largest: float
    same: float
    prompts: bool

    @property
    def exact(self) -> bool:
        """Whether what differs is rounding; NaN isn't."""
        return self.apart <= EXACT * max(self.largest, USUAL)


@torch.inference_mode()
def check_chat(module: Module, data: DataModule, split: str, folder: Path) -> Checked:
    """Ask the folder, as its users load it, and the model of the same rows.

    Raises:
        ConfigError: there is no row.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    backbone, objective = module.backbone.eval(), module.objective
    assert isinstance(backbone, Causal)
    assert isinstance(objective, Replying)
    loader = data.val_dataloader() if split == "val" else data.test_dataloader()
    batches = [*islice(loader, BATCHES)]
    if not batches:
        raise ConfigError(f"there are no rows of {split} to check the export on")
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    logits, same, prompts = [], [], []
    for batch in batches:
        logits.append(_compared(backbone, model, batch))
        ids: Tensor = batch["inputs"]["input_ids"][:1, : batch["prompt"][0]]
        ours = backbone.generate(ids, torch.ones_like(ids), LONGEST, objective.ends)[0]
        theirs = _generated(model, ids, len(ours.ids) + ours.ended)
        ended = theirs[-1:] != [] and theirs[-1] in objective.ends
        same.append((theirs[:-1] if ended else theirs, ended) == (ours.ids, ours.ended))
        text = data.rows(split)["text"][int(batch["row"][0])].as_py()
        prompts.append(_is_templated(ids[0].tolist(), tokenizer, text, data))
    rows = sum(min(ROWS, len(batch["row"])) for batch in batches)
    apart, largest = np.max(logits, axis=0).tolist()
    return Checked(rows, apart, largest, sum(same) / len(same), all(prompts))


def _compared(backbone: Causal, model: Any, batch: Batch) -> tuple[float, float]:
    """The largest difference of a logit, and the largest one."""
    inputs = {name: values[:ROWS] for name, values in batch["inputs"].items()}
    mask = inputs["attention_mask"].bool()
    ours = backbone.logits(backbone(**inputs)[mask])
    theirs = model(**inputs).logits[mask]
    return float((ours - theirs).abs().max()), float(ours.abs().max())


def _generated(model: Any, ids: Tensor, length: int) -> list[int]:
    """The answer by the folder's own settings, which say where it ends."""
    if not length:  # the model has no more positions
        return []
    options = {"max_new_tokens": length, "do_sample": False}
    found = model.generate(ids, attention_mask=torch.ones_like(ids), **options)
    answer: list[int] = found[0, ids.shape[1] :].tolist()
    return answer


def _is_templated(ids: list[int], tokenizer: Any, text: str, data: DataModule) -> bool:
    """Whether users of the folder get the ids of a prompt; what is cut here they have to cut."""
    from weitiao.inputs.chat import Chat

    assert isinstance(data.input, Chat)
    messages = [{"role": one.role, "content": one.content} for one in messages_in(text)]
    if data.input.system is not None and messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": data.input.system})
    found = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
    theirs: list[int] = found["input_ids"]
    return theirs == ids or len(theirs) > data.card.tokens.max_length
