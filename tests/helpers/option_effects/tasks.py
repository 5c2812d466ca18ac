"""Options of tasks and parts, beside which other options have something to do."""

from __future__ import annotations

GIVEN = ("--data.val=val.csv",)
WORDS = ("--data.input.encode.tokenizer=words", "--data.input.encode.min_count=1")
CNN = ("--model.backbone=TextCNN",)
BAG = ("--model.backbone=Bag",)
RNN = ("--model.backbone=Recurrent",)
VECTORS = ("--data.input.encode.vectors=vectors.txt",)
PRETRAINED = (
    "--model.backbone=Pretrained",
    "--model.backbone.name=bert",
    "--data.input.encode.tokenizer=bert",
    "--data.input.encode.max_length=24",
)
SWAP = ("--data.input.augment.steps=[{method: swap}]",)
ALIKE = ("--data.input.augment.steps=[{method: lookalike}]",)
NEAR = ("--data.input.augment.steps=[{method: vectors, path: words.vec}]",)
WIDE = ("--model.objective.wide.lr=0.05",)
LINEAR = ("--data.input.linear={}",)
NUMBERS = ("--task=regression", "--data.target.label=stars")
TARGET_OF_SETS = ("--data.target=Labels", "--model.objective=MultiLabel")
SETS = ("--task=multilabel", "--model.optim.lr=0.01")
LORA = (*PRETRAINED, "--model.backbone.lora.rank=8")
MLP = ("--model.objective.head.kind=mlp",)
STARS = ("--task=ordinal", "--data.target.label=stars")
BY_AUTHOR = ("--task=hierarchical", "--data.target.label=author")
PATHS = (*BY_AUTHOR, "--data.target.separator= ")
AUTHORS = [f"author {i}" for i in range(15)]
OBJECTIVES = {
    "Classification": (),
    "Hierarchical": PATHS,
    "MultiLabel": ("--task=multilabel",),
    "Ordinal": STARS,
    "Regression": NUMBERS,
}
SPANS = ("--task=tags", "--data.target.label=spans")
LIKE = ("--task=likeness", "--data.input.pair=other", "--data.target.label=stars")
FOUND = ("--task=retrieval", "--data.input.pair=other")
ALIKE_OR_NOT = (*LIKE[:2], "--data.target.label=alike", "--model.objective.loss.kind=contrastive")
TRIPLETS = (*FOUND, "--data.input.negatives=turned", "--model.objective.loss.kind=triplet")
WINDOWS = "--data.input.encode.truncation=windows"
ANSWERS = (
    *("--task=answers", "--data.input.text=text", "--data.input.pair=other"),
    *("--data.target.label=answers", "--data.group=null"),
)
CHOICE = (
    *("--task=choice", "--data.input.text=text", "--data.input.pair=options"),
    "--data.target.label=answer",
)
TALKING = (
    *("--data.input=weitiao.inputs.chat.Chat", "--data.input.tokenizer=chat"),
    *("--data.input.max_length=512", "--data.target=Reply", "--model.backbone=Causal"),
    *("--model.backbone.name=chat", "--model.backbone.layers=2", "--model.objective=Replying"),
    *("--model.objective.sample=4", "--model.objective.longest=8", "--model.optim.lr=0.01"),
)
COMPARED = (
    *("--data.input=weitiao.inputs.preferences.Preferences", "--data.input.rejected=turned"),
    *(TALKING[1], TALKING[2], "--data.target=Preferred", *TALKING[4:7]),
    *("--model.objective=Preferring", *TALKING[8:]),
)
JUDGED = (
    *("--data.input=weitiao.inputs.preferences.Judged", "--data.input.good=alike"),
    *(*COMPARED[2:4], "--data.target=Feedback", *COMPARED[5:8]),
    *("--model.objective=Judging", *TALKING[8:]),
)
TALK = "--data.input.text=talk"
OWN_TALKING = (*TALKING, "--model.backbone.name=own_chat")
PARALLEL = (
    *("--task=translation", "--data.target.label=other", "--model.backbone=Seq2Seq"),
    *("--data.input.too_long=drop", "--model.objective.sample=2"),
)
WRITTEN = (
    *("--task=translation", "--data.target.label=other", "--data.input.too_long=drop"),
    *("--model.backbone=PretrainedSeq2Seq", "--model.backbone.name=t5"),
    "--data.input.encode.tokenizer=t5",
)
PICTURES = (
    *("--task=pictures", "--recipe=none", "--data.train=pictures", "--data.input.size=16"),
    *("--model.backbone=ConvNet", "--model.backbone.width=8"),
)
CHANGED = (*PICTURES, "--data.input.augment.crop=0.9")
PATCHES = (*PICTURES[:4], "--model.backbone=ViT")
SOUNDS = (
    *("--task=sounds", "--recipe=none", "--data.train=sounds.csv"),
    *("--model.backbone=SoundCNN", "--model.backbone.width=8", "--model.backbone.channels=[2]"),
)
HIDDEN = (*SOUNDS, "--data.input.changes.masks=1")
SHORTENED = ("--task=summary", *PARALLEL[1:])
OF_WRITTEN = ("--data.input.written.tokenizer=bpe",)
TWO_SIDES = (*PARALLEL, *OF_WRITTEN)
FOCAL = ("--model.objective.loss.kind=focal",)
