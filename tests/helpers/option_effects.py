"""What each option must change: the table behind test_options.py.

A key is `verb group/option`, as `docs/write_options.py` finds them in the parsers.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "prepared",  # the rows and ids on disk, and the name of their folder
    "loss",  # of the first training steps
    "order",  # which rows make which batch
    "evaluated",  # which rows make which batch of validation
    "schedule",  # learning rates per step
    "scores",  # probabilities of validation rows
    "run",  # what stands in the run's folder, or how often it is written
    "processes",  # processes at work beside this one
    "output",  # what the verb writes
    "refused",  # a value that can't hold here is refused, so it is read
]


class Effect(NamedTuple):
    """An option's other value.

    Args:
        kind: what must differ.
        value: the other value.
        beside: arguments without which the option has nothing to do; they hold before as well.
        before: the value before, where it isn't the default.
        mends: without the other value nothing works at all.
    """

    kind: Kind
    value: str
    beside: tuple[str, ...] = ()
    before: str | None = None
    mends: bool = False


def steps(*names: str) -> tuple[str, ...]:
    return (f"--data.input.clean.steps=[{','.join(names)}]",)


CARVED = ("--data.train=more.csv",)
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
SHORTENED = ("--task=summary", *PARALLEL[1:])
OF_WRITTEN = ("--data.input.written.tokenizer=bpe",)
TWO_SIDES = (*PARALLEL, *OF_WRITTEN)
SIDES = {"encode": PARALLEL, "written": TWO_SIDES}
FOCAL = ("--model.objective.loss.kind=focal",)


SPECIAL = {
    "encode": ("--data.train=special.csv",),
    "written": ("--data.train=special.csv", "--data.input.text=no", "--data.target.label=text"),
}


def of_side(side: str, beside: tuple[str, ...]) -> dict[str, Effect]:
    """What options of a side's tokenizer change."""
    own = f"--data.input.{side}"
    loaded = (*beside, f"{own}.tokenizer=bytes")
    return {
        "tokenizer": Effect("prepared", "characters", beside),
        "vocab_size": Effect("prepared", "300", beside),
        "min_count": Effect("prepared", "60", beside),
        "lowercase": Effect("prepared", "true", beside),
        "max_length": Effect("prepared", "12", beside),
        "truncation": (
            Effect("prepared", "tail", (*beside, f"{own}.max_length=12"))
            if side == "encode"
            else Effect("refused", "tail", beside)
        ),
        "pad_token": Effect(
            "prepared", "</s>", (*loaded, f"{own}.tokenizer=bare_bytes"), mends=True
        ),
        # what keeps the id of a token isn't read back as text
        "special_text": Effect(
            "prepared", "split", (*loaded, *SPECIAL[side]), mends=side == "written"
        ),
        "prefix": Effect("prepared" if side == "encode" else "refused", "好", loaded),
        # of texts that are read only; what they do: `Text`
        "pairs": Effect("refused", "apart", beside),
        "pair_prefix": Effect("refused", "好", loaded),
        "vectors": Effect("refused", "vectors.txt", beside),
    }


DATA = {
    "data/data.train": Effect("prepared", "more.csv"),
    "data/data.val": Effect("prepared", "val.csv"),
    "data/data.test": Effect("prepared", "val.csv"),
    "data/data.predict": Effect("refused", "val.csv"),
    "data/data.input": Effect("prepared", "{text: other}"),
    "data.input: Text/data.input.text": Effect("prepared", "other"),
    "data.input: Text/data.input.pair": Effect("prepared", "other"),
    "data.input: Text/data.input.negatives": Effect("prepared", "turned", FOUND),
    "data.input: Text/data.input.passage": Effect("prepared", "other", CHOICE),
    "data.input: Parallel/data.input.text": Effect("prepared", "no", PARALLEL),
    "data.input: Parallel/data.input.written": Effect("prepared", "{tokenizer: bpe}", PARALLEL),
    "data.input: Parallel/data.input.too_long": Effect(
        "prepared", "drop", (*PARALLEL[:3], "--data.input.encode.max_length=12"), mends=True
    ),
    **{
        f"data.input: Parallel/data.input.clean.{option}": effect
        for option, effect in {
            "steps": Effect("prepared", "[whitespace]", PARALLEL),
            "unicode_form": Effect("prepared", "NFKC", PARALLEL),
            "replacement": Effect("prepared", "token", (*PARALLEL, *steps("url"))),
            "emoji": Effect("prepared", "name", (*PARALLEL, *steps("emoji"))),
            "max_repeats": Effect("prepared", "1", (*PARALLEL, *steps("repeats"))),
            "min_chars": Effect("prepared", "24", (*PARALLEL, *steps("length")), before="1"),
            "max_chars": Effect("prepared", "24", (*PARALLEL, *steps("length")), before="999"),
        }.items()
    },
    **{
        f"data.input{group}.{option}": effect
        for side, beside in SIDES.items()
        for group in (
            ": Parallel/data.input.encode"
            if side == "encode"
            else ".written: Encoder/data.input.written",
        )
        for option, effect in of_side(side, beside).items()
    },
    "data/data.target": Effect("refused", "Labels"),
    "data.target: OneClass/data.target.label": Effect("prepared", "stars"),
    "data.target: OneClass/data.target.labels": Effect(
        "prepared", "[差评,好评]", before="[好评,差评]"
    ),
    "data.target: Hierarchy/data.target.label": Effect(
        "prepared", "author", (PATHS[0], PATHS[2]), mends=True
    ),
    "data.target: Hierarchy/data.target.labels": Effect(
        "prepared", f"[{','.join(AUTHORS[::-1])}]", PATHS, before=f"[{','.join(AUTHORS)}]"
    ),
    "data.target: Hierarchy/data.target.separator": Effect("prepared", " ", BY_AUTHOR, mends=True),
    "data.target: Labels/data.target.label": Effect("prepared", "stars", TARGET_OF_SETS),
    "data.target: Labels/data.target.labels": Effect(
        "prepared", "[差评,好评]", TARGET_OF_SETS, before="[好评,差评]"
    ),
    "data.target: Labels/data.target.separator": Effect(
        "prepared", " ", (*TARGET_OF_SETS, "--data.target.label=author")
    ),
    "data.target: Scale/data.target.label": Effect(
        "prepared", "stars", ("--data.target=Scale", "--model.objective=Ordinal"), mends=True
    ),
    "data.target: Scale/data.target.labels": Effect(
        "prepared",
        "[差评,好评]",
        ("--data.target=Scale", "--model.objective=Ordinal"),
        before="[好评,差评]",
    ),
    "data.target: Number/data.target.label": Effect(
        "prepared", "stars", ("--data.target=Number", "--model.objective=Regression"), mends=True
    ),
    "data.target: Positives/data.target.classes": Effect("prepared", "label", FOUND),
    "data.target: Spans/data.target.label": Effect(
        "prepared", "spans", ("--task=tags",), mends=True
    ),
    "data.target: Spans/data.target.labels": Effect("prepared", "[二,首]", SPANS, before="[首,二]"),
    "data.target: Choice/data.target.label": Effect("prepared", "label", CHOICE),
    **{
        f"data.input: {kind}/data.input.{option}": Effect(seen, value, (*task, *more), before)
        for kind, task in {"Chat": TALKING, "Preferences": COMPARED, "Judged": JUDGED}.items()
        for option, seen, value, more, before in (
            ("tokenizer", "refused", "bert", (), None),
            ("text", "prepared", "other", (), None),
            ("template", "prepared", "own.jinja", (), None),
            ("max_length", "prepared", "42", ("--data.input.too_long=drop",), None),
            ("too_long", "refused", "refuse", ("--data.input.max_length=42",), "drop"),
            ("system", "prepared", "好", (), None),
        )
    },
    "data.input: Chat/data.input.learn": Effect("prepared", "last", (*TALKING, TALK)),
    "data.input: Preferences/data.input.learn": Effect("refused", "all", COMPARED),
    "data.input: Judged/data.input.learn": Effect("refused", "all", JUDGED),
    "data.input: Judged/data.input.good": Effect("refused", "stars", JUDGED),
    "data.input: Preferences/data.input.rejected": Effect("prepared", "other", COMPARED),
    "data.target: Reference/data.target.label": Effect(
        "prepared", "turned", ("--task=translation", "--model.backbone=Seq2Seq")
    ),
    "data.target: Reply/data.target.label": Effect("prepared", "other", TALKING),
    "data.target: Preferred/data.target.label": Effect("prepared", "other", COMPARED),
    "data.target: Feedback/data.target.label": Effect("prepared", "other", JUDGED),
    "data.target: Answers/data.target.label": Effect(
        "prepared",
        "answers",
        (*ANSWERS[1:3], "--data.target=Answers", "--model.objective=Answering", WINDOWS),
        mends=True,
    ),
    "data/data.group": Effect("prepared", "author"),
    "data/data.id": Effect("prepared", "no"),
    "data/data.format": Effect("prepared", "csv", ("--data.train=unnamed.dat",), mends=True),
    "data/data.encoding": Effect("prepared", "latin-1", ("--data.train=gbk.csv",)),
    "data/data.header": Effect(
        "prepared",
        "false",
        ("--data.train=bare.csv", "--data.text=0", "--data.target.label=1"),
        mends=True,
    ),
    "data/data.on_bad_row": Effect("prepared", "quarantine", ("--data.train=bad.csv",), mends=True),
    "data/data.database": Effect("prepared", "my.db", ("--data.train=all.sql",), mends=True),
    "data/data.separator": Effect(
        "prepared", ";", ("--data.train=semicolon.csv",), before=",", mends=True
    ),
    "data/data.sheet": Effect("prepared", "new", ("--data.train=my.xlsx",), before="old"),
    "data/data.extra_cells": Effect("prepared", "ignore", ("--data.train=wide.csv",), mends=True),
    "data/data.placeholders": Effect(
        "prepared",
        "bad",
        ("--data.train=nan.csv", "--data.group=author", "--data.on_bad_row=quarantine"),
    ),
    # of spans only; what it does for them: tests/io/spans
    "data/data.broken_tags": Effect("refused", "bad"),
    # of answers only; what it does for them: tests/io/answers
    "data/data.misplaced_answers": Effect("refused", "bad"),
    # of options only; what it does for them: tests/io/choices
    "data/data.first_option": Effect("refused", "1"),
    # of conversations only; what it does for them: tests/io/dialogues
    "data/data.roles": Effect("refused", "{客服: assistant}"),
    "data/data.cache": Effect("run", "elsewhere"),
    "data.input: Text/data.input.clean.steps": Effect("prepared", "[whitespace]"),
    "data.input: Text/data.input.clean.unicode_form": Effect("prepared", "NFKC"),
    "data.input: Text/data.input.clean.replacement": Effect("prepared", "token", steps("url")),
    "data.input: Text/data.input.clean.emoji": Effect("prepared", "name", steps("emoji")),
    "data.input: Text/data.input.clean.max_repeats": Effect("prepared", "1", steps("repeats")),
    "data.input: Text/data.input.clean.min_chars": Effect(
        "prepared", "24", steps("length"), before="1"
    ),
    "data.input: Text/data.input.clean.max_chars": Effect(
        "prepared", "24", steps("length"), before="999"
    ),
    "data.audit/data.audit.merge_duplicates": Effect("prepared", "false"),
    "data.audit/data.audit.drop_conflicts": Effect("prepared", "false"),
    "data.audit/data.audit.drop_leaks": Effect("prepared", "false", GIVEN),
    "data.audit/data.audit.drop_shared_groups": Effect(
        "prepared", "true", ("--data.val=few.csv", "--data.group=author")
    ),
    "data.split/data.split.val": Effect("prepared", "0.3"),
    "data.split/data.split.test": Effect("prepared", "0.3"),
    "data.split/data.split.seed": Effect("prepared", "1"),
    "data.split/data.split.stratify": Effect("prepared", "false"),
    "data.split/data.split.train": Effect("prepared", "20"),
    "data.split/data.split.train_seed": Effect("prepared", "1", ("--data.split.train=20",)),
    "data.split/data.split.folds": Effect("prepared", "4", ("--data.split.fold=1",), "3"),
    "data.split/data.split.fold": Effect("prepared", "2", ("--data.split.folds=3",), "1"),
    "data.input: Text/data.input.segment.method": Effect("prepared", "char", WORDS),
    "data.input: Text/data.input.segment.hmm": Effect("prepared", "false", WORDS),
    "data.input: Text/data.input.segment.user_dict": Effect("prepared", "words.txt", WORDS),
    "data.input: Text/data.input.segment.stop_words": Effect("prepared", "words.txt", WORDS),
    "data.input: Text/data.input.segment.workers": Effect("processes", "2", WORDS),
    # rjieba can't use them; what they do for stanza and corenlp: tests/inputs/text/segment
    "data.input: Text/data.input.segment.language": Effect("refused", "en", WORDS),
    "data.input: Text/data.input.segment.models": Effect("refused", "nowhere", WORDS),
    "data.input: Text/data.input.segment.url": Effect("refused", "http://localhost:9001", WORDS),
    "data.input: Text/data.input.encode.tokenizer": Effect("prepared", "wordpiece"),
    "data.input: Text/data.input.encode.vocab_size": Effect("prepared", "40"),
    "data.input: Text/data.input.encode.min_count": Effect("prepared", "60"),
    "data.input: Text/data.input.encode.lowercase": Effect("prepared", "false"),
    "data.input: Text/data.input.encode.max_length": Effect("prepared", "12"),
    "data.input: Text/data.input.encode.truncation": Effect(
        "prepared", "tail", ("--data.input.encode.max_length=12",)
    ),
    "data.input: Text/data.input.encode.pad_token": Effect(
        "prepared", "[UNK]", ("--data.input.encode.tokenizer=bare_bert",), mends=True
    ),
    "data.input: Text/data.input.encode.special_text": Effect(
        "prepared", "split", ("--data.train=special.csv", "--data.input.encode.tokenizer=bert")
    ),
    "data.input: Text/data.input.encode.prefix": Effect(
        "prepared", "好", ("--data.input.encode.tokenizer=bert",)
    ),
    "data.input: Text/data.input.encode.pairs": Effect("refused", "joined", LIKE),
    "data.input: Text/data.input.encode.pair_prefix": Effect(
        "prepared", "好", (*LIKE, "--data.input.encode.tokenizer=bert")
    ),
    "data.input: Text/data.input.encode.vectors": Effect("loss", "vectors.txt", CNN),
    "data.batch/data.batch.tokens": Effect("order", "60"),
    "data.batch/data.batch.size": Effect("order", "3"),
    "data.batch/data.batch.workers": Effect("processes", "1"),
    "data.batch/data.batch.eval_times": Effect("evaluated", "2", ("--data.batch.size=3",)),
    "data/data.sampling": Effect("order", "balanced"),
    "data.input: Text/data.input.augment": Effect("loss", "{steps: [{method: swap}]}"),
    "data.input.augment: Augmenter/data.input.augment.steps": Effect(
        "loss", "[{method: split}]", SWAP
    ),
    "data.input.augment: Augmenter/data.input.augment.copies": Effect("order", "2", SWAP),
    "data.input.augment: Augmenter/data.input.augment.keep_originals": Effect(
        "order", "true", SWAP
    ),
    "data.input.augment.steps: Step/data.input.augment.steps.method": Effect(
        "loss", "delete", SWAP
    ),
    "data.input.augment.steps: Step/data.input.augment.steps.p": Effect("loss", "1.0", SWAP),
    "data.input.augment.steps: Step/data.input.augment.steps.share": Effect("loss", "0.9", SWAP),
    "data.input.augment.steps: Step/data.input.augment.steps.path": Effect(
        "loss", "alike.txt", ALIKE
    ),
    "data.input.augment.steps: Step/data.input.augment.steps.keep": Effect(
        "loss", "[房,店,服]", SWAP
    ),
    "data.input.augment.steps: Step/data.input.augment.steps.top": Effect("loss", "1", NEAR),
}
MODEL = {
    "model/model.backbone": Effect("loss", "TextCNN"),
    "model/model.objective": Effect("refused", "Regression"),
    "model/model.start": Effect("run", "kept/checkpoints/best.ckpt"),
    **{
        f"model.objective: {name}/model.objective.{option}": effect
        for name, beside in OBJECTIVES.items()
        for option, effect in {
            "pooling": Effect("loss", "cls", beside),
            "wide": Effect("loss", "{}", beside),
            "calibrate": Effect("run", "true", beside),
            "linear_share": Effect("scores", "0.9", (*beside, *LINEAR)),
        }.items()
    },
    "model.objective: Tagging/model.objective.chain": Effect("loss", "crf", SPANS),
    "model.objective: Tagging/model.objective.class_weights": Effect("loss", "balanced", SPANS),
    "model.objective: Tagging/model.objective.lr": Effect("loss", "0.1", SPANS),
    **{
        f"model.objective: {name}/model.objective.{option}": Effect("loss", value, beside)
        for name, beside in (("Likeness", LIKE), ("Retrieval", FOUND))
        for option, value in (("pooling", "cls"), ("dimensions", "[4]"))
    },
    # it changes no number (tests/objectives/test_bi_encoder.py)
    "model.objective: Likeness/model.objective.chunk": Effect("refused", "0", LIKE),
    "model.objective: Retrieval/model.objective.chunk": Effect("refused", "0", FOUND),
    "model.objective: Choosing/model.objective.pooling": Effect("loss", "cls", CHOICE),
    "model.objective: Answering/model.objective.best": Effect("run", "2", ANSWERS),
    "model.objective: Answering/model.objective.lr": Effect("loss", "0.1", ANSWERS),
    "model.backbone: Transformer/model.backbone.layers": Effect("loss", "2"),
    "model.backbone: Transformer/model.backbone.width": Effect("loss", "32"),
    "model.backbone: Transformer/model.backbone.heads": Effect("loss", "4"),
    "model.backbone: Transformer/model.backbone.feedforward": Effect("loss", "8"),
    "model.backbone: Transformer/model.backbone.dropout": Effect("loss", "0.5"),
    "model.backbone: Transformer/model.backbone.activation": Effect("loss", "relu"),
    **{
        f"model.backbone: PretrainedSeq2Seq/model.backbone.{option}": Effect("loss", value, WRITTEN)
        for option, value in {
            "name": "other_t5",
            "lora": "{}",
            "config": "{model_type: t5, vocab_size: 400, d_model: 32, d_kv: 8, num_heads: 4,"
            " num_layers: 1, d_ff: 8, decoder_start_token_id: 0, eos_token_id: 1}",
        }.items()
    },
    **{
        f"model.backbone: Seq2Seq/model.backbone.{option}": Effect("loss", value, PARALLEL)
        for option, value in {
            "layers": "3",
            "width": "32",
            "heads": "4",
            "feedforward": "8",
            "dropout": "0.5",
        }.items()
    },
    **{
        f"model.objective: {objective}/model.objective.{option}": Effect(seen, value, given)
        for objective, task in {"Translating": PARALLEL, "Summarising": SHORTENED}.items()
        for option, seen, value, given in (
            ("label_smoothing", "loss", "0.5", task),
            ("beams", "scores", "3", task),
            ("length_penalty", "scores", "-9", (*task, "--model.objective.beams=3")),
            ("no_repeat", "scores", "1", task),
            ("first_token", "scores", "a", task),
            ("sample", "scores", "1", task),
        )
    },
    "model.backbone: TextCNN/model.backbone.embedding": Effect("loss", "16", CNN),
    "model.backbone: TextCNN/model.backbone.vectors": Effect("loss", "freeze", CNN + VECTORS),
    "model.backbone: TextCNN/model.backbone.filters": Effect("loss", "16", CNN),
    "model.backbone: TextCNN/model.backbone.kernels": Effect("loss", "[3]", CNN),
    "model.backbone: TextCNN/model.backbone.dropout": Effect("loss", "0.5", CNN),
    "model.backbone: TextCNN/model.backbone.token_dropout": Effect("loss", "0.5", CNN),
    "model.backbone: Bag/model.backbone.embedding": Effect("loss", "16", BAG),
    "model.backbone: Bag/model.backbone.vectors": Effect("loss", "freeze", BAG + VECTORS),
    "model.backbone: Bag/model.backbone.orders": Effect("loss", "1", BAG),
    "model.backbone: Bag/model.backbone.buckets": Effect("loss", "3", BAG),
    "model.backbone: Bag/model.backbone.dropout": Effect("loss", "0.9", BAG),
    "model.backbone: Recurrent/model.backbone.embedding": Effect("loss", "16", RNN),
    "model.backbone: Recurrent/model.backbone.vectors": Effect("loss", "freeze", RNN + VECTORS),
    "model.backbone: Recurrent/model.backbone.cell": Effect("loss", "gru", RNN),
    "model.backbone: Recurrent/model.backbone.layers": Effect("loss", "2", RNN),
    "model.backbone: Recurrent/model.backbone.width": Effect("loss", "16", RNN),
    "model.backbone: Recurrent/model.backbone.bidirectional": Effect("loss", "false", RNN),
    "model.backbone: Recurrent/model.backbone.dropout": Effect("loss", "0.9", RNN),
    "model.backbone: Pretrained/model.backbone.name": Effect("loss", "other_bert", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.layers": Effect("loss", "1", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.freeze": Effect("loss", "1", PRETRAINED),
    "model.backbone: Pretrained/model.backbone.lora": Effect("loss", "{}", PRETRAINED),
    "model.backbone.lora: Lora/model.backbone.lora.rank": Effect("loss", "2", LORA, before="8"),
    "model.backbone.lora: Lora/model.backbone.lora.alpha": Effect("loss", "99", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.dropout": Effect("loss", "0.9", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.rank_stabilised": Effect("loss", "true", LORA),
    "model.backbone.lora: Lora/model.backbone.lora.dora": Effect("loss", "true", LORA),
    **{
        f"model.backbone: Causal/model.backbone.{option}": effect
        for option, effect in {
            "name": Effect("loss", "other_chat", TALKING),
            "layers": Effect("loss", "1", TALKING),
            "freeze": Effect("loss", "1", TALKING),
            "lora": Effect("loss", "{}", TALKING),
            # what they change needs a package (tests/models/backbones/test_few_bits.py)
            "bits": Effect("refused", "4", TALKING),
            "attention_dropout": Effect("loss", "0.5", TALKING),
            # both change no number (tests/models/backbones/test_causal.py)
            "gradient_checkpointing": Effect(
                "refused", "true", (*OWN_TALKING, "--model.backbone.trust_remote_code=true")
            ),
            "packed": Effect("refused", "true", (*TALKING, "--model.backbone.name=bloom_chat")),
            "trust_remote_code": Effect("loss", "true", OWN_TALKING, mends=True),
            "config": Effect(
                "loss",
                "{model_type: llama, vocab_size: 400, hidden_size: 24, num_hidden_layers: 2,"
                " num_attention_heads: 2, tie_word_embeddings: true}",
                TALKING,
            ),
        }.items()
    },
    **{
        f"model.objective: {objective}/model.objective.{option}": Effect(seen, value, given)
        for objective, given in {"Replying": TALKING, "Preferring": COMPARED}.items()
        for option, seen, value in (
            ("sample", "scores", "2"),
            ("longest", "scores", "3"),
            # which answers are right is no prediction (tests/objectives/test_replying.py)
            ("extract", "refused", "(("),
        )
    },
    # likewise, nor how alike they are; no answers have no such scores
    "model.objective: Replying/model.objective.metrics": Effect(
        "refused", "translation", (*TALKING, "--model.objective.sample=0")
    ),
    **{
        f"model.objective: Judging/model.objective.{option}": Effect(seen, value, JUDGED)
        for option, seen, value in (
            *(("beta", "loss", "2"), ("good", "loss", "0.5"), ("bad", "loss", "0.5")),
            *(("sample", "scores", "2"), ("longest", "scores", "3")),
        )
    },
    "model.objective: Preferring/model.objective.beta": Effect("loss", "2", COMPARED),
    "model.objective: Preferring/model.objective.sft": Effect("loss", "0.5", COMPARED),
    "model.objective: Preferring/model.objective.per_id": Effect("loss", "true", COMPARED),
    # it changes no number (tests/models/backbones/test_freeze.py); own_code says that it can't
    "model.backbone: Pretrained/model.backbone.attention_dropout": Effect(
        "loss", "0.5", PRETRAINED
    ),
    "model.backbone: Pretrained/model.backbone.gradient_checkpointing": Effect(
        "refused",
        "true",
        (*PRETRAINED, "--model.backbone.name=own_code", "--model.backbone.trust_remote_code=true"),
    ),
    # given, no file is read: the weights are drawn, to be loaded from a checkpoint
    "model.backbone: Pretrained/model.backbone.config": Effect(
        "loss", "{model_type: bert, vocab_size: 60, hidden_size: 24}", PRETRAINED
    ),
    "model.backbone: Pretrained/model.backbone.trust_remote_code": Effect(
        "loss", "true", (*PRETRAINED, "--model.backbone.name=own_code"), mends=True
    ),
    **{
        f"model.objective.decision: Decision/model.objective.decision.{option}": effect
        for option, effect in {
            "threshold": Effect("run", "half", SETS),
            "at_least": Effect("run", "2", SETS),
            "at_most": Effect("run", "1", ("--task=multilabel", "--model.optim.lr=0")),
        }.items()
    },
    **{
        f"model.objective.head: Head/model.objective.head.{option}": effect
        for option, effect in {
            "kind": Effect("loss", "mlp"),
            "activation": Effect("loss", "relu", MLP),
            "dropout": Effect("loss", "0.5"),
            "start": Effect("run", "probe"),
        }.items()
    },
    **{
        f"model.objective.loss: {loss}/model.objective.loss.{option}": effect
        for loss, option, effect in (
            ("ClassLoss", "kind", Effect("loss", "squared_hinge")),
            ("ClassLoss", "focus", Effect("loss", "0.5", FOCAL)),
            ("ClassLoss", "label_smoothing", Effect("loss", "0.2")),
            ("ClassLoss", "class_weights", Effect("loss", "balanced")),
            ("LabelLoss", "kind", Effect("loss", "squared_hinge", SETS)),
            ("LabelLoss", "focus", Effect("loss", "0.5", (*SETS, *FOCAL))),
            ("LabelLoss", "class_weights", Effect("loss", "balanced", SETS)),
            ("ScaleLoss", "class_weights", Effect("loss", "balanced", STARS)),
            ("LikenessLoss", "kind", Effect("loss", "cosine", LIKE)),
            ("LikenessLoss", "temperature", Effect("loss", "0.5", LIKE)),
            ("LikenessLoss", "margin", Effect("loss", "1.5", ALIKE_OR_NOT)),
            ("RetrievalLoss", "kind", Effect("loss", "triplet", TRIPLETS[:3])),
            ("RetrievalLoss", "temperature", Effect("loss", "0.5", FOUND)),
            ("RetrievalLoss", "margin", Effect("loss", "1.5", TRIPLETS)),
            ("NumberLoss", "kind", Effect("loss", "huber", NUMBERS)),
            (
                "NumberLoss",
                "huber_delta",
                Effect("loss", "0.1", (*NUMBERS, "--model.objective.loss.kind=huber")),
            ),
        )
    },
    "model.optim/model.optim.optimizer": Effect("loss", "adafactor"),
    "model.optim/model.optim.momentum": Effect("loss", "0.9", ("--model.optim.optimizer=sgd",)),
    "model.optim/model.optim.lr": Effect("schedule", "0.5"),
    "model.optim/model.optim.weight_decay": Effect("loss", "5"),
    "model.optim/model.optim.warmup": Effect("schedule", "0.5"),
    "model.optim/model.optim.schedule": Effect("schedule", "cosine"),
    "model.optim/model.optim.betas": Effect("loss", "[0.1, 0.2]"),
    "model.optim/model.optim.eps": Effect("loss", "1"),
    "model.objective.wide: Wide/model.objective.wide.orders": Effect("loss", "1", WIDE),
    "model.objective.wide: Wide/model.objective.wide.buckets": Effect("loss", "3", WIDE),
    "model.objective.wide: Wide/model.objective.wide.dropout": Effect("loss", "0.9", WIDE),
    "model.objective.wide: Wide/model.objective.wide.lr": Effect("loss", "1", before="0.05"),
    "model.objective.wide: Wide/model.objective.wide.share": Effect("scores", "0.1", WIDE),
}
RUN = {
    "general/seed_everything": Effect("order", "2"),
    "general/task": Effect("prepared", "multilabel"),
    "general/recipe": Effect("run", "few_rows"),
    # what it allows: tests/test_extending.py; in this process other tests would find the classes
    "general/allow_code": Effect("refused", "no_such_module"),
    "data.input: Text/data.input.linear": Effect("prepared", "{}"),
    "data.input.linear: Linear/data.input.linear.strength": Effect("scores", "0.1", LINEAR),
    "data.input.linear: Linear/data.input.linear.weights": Effect("prepared", "64", LINEAR),
    "general/ckpt_path": Effect("run", "kept/checkpoints/last.ckpt"),
    "run/run.root": Effect("run", "elsewhere"),
    "run/run.name": Effect("run", "another"),
    "run/run.folder": Effect("run", "mine"),
    "run/run.monitor": Effect(
        "run", "val/loss", ("--model.optim.lr=0.3", "--trainer.max_epochs=4")
    ),
    "run/run.save_every": Effect("run", "1"),
    "run/run.threads": Effect("run", "2", before="1"),
    "run/run.matmul": Effect("run", "onednn", before="blas"),
}
TRAINER = {
    # the rest is Lightning's; these are what the shipped YAMLs use
    "trainer/trainer.accelerator": Effect("refused", "no-such-thing"),
    "trainer/trainer.devices": Effect("refused", "0"),
    "trainer/trainer.strategy": Effect("refused", "no-such-thing"),
    "trainer/trainer.precision": Effect("loss", "bf16-mixed"),
    "trainer/trainer.max_epochs": Effect("schedule", "1"),
    # shares, since "1" is read as 1 or as 1.0: typing keeps the order in which Union[int, float]
    # or Union[float, int] was first written anywhere in the process
    "trainer/trainer.limit_train_batches": Effect("order", "0.5"),
    "trainer/trainer.limit_val_batches": Effect("scores", "0.5", ("--data.batch.size=4",)),
    "trainer/trainer.limit_test_batches": Effect("run", "0.5", ("--data.batch.size=4",)),
    "trainer/trainer.overfit_batches": Effect("order", "1"),
    "trainer/trainer.check_val_every_n_epoch": Effect("scores", "2"),
    "trainer/trainer.log_every_n_steps": Effect("run", "2"),
    "trainer/trainer.gradient_clip_val": Effect("loss", "0.001"),
    "trainer/trainer.callbacks": Effect(
        "run",
        "[{class_path: EarlyStopping, init_args: {monitor: val/f1_macro, mode: max, patience: 1}}]",
        ("--model.optim.lr=0.0", "--trainer.max_epochs=4"),
    ),
    "trainer/trainer.profiler": Effect(
        "run", "{class_path: SimpleProfiler, init_args: {filename: profile}}"
    ),
}
NEW_FILE = {
    "general/ckpt_path": Effect("output", "kept/checkpoints/other.ckpt"),
    "general/trust_remote_code": Effect(
        "output", "true", ("--ckpt_path=own/checkpoints/a.ckpt",), mends=True
    ),
    "general/allow_code": Effect("refused", "no_such_module"),
    "data/data.text": Effect("output", "other"),
    "data/data.id": Effect("output", "no"),
    "data/data.format": Effect("output", "csv", ("--data.{verb}=unnamed.dat",), mends=True),
    "data/data.encoding": Effect("output", "gb18030", ("--data.{verb}=gbk.csv",), before="latin-1"),
    "data/data.database": Effect("output", "my.db", ("--data.{verb}=all.sql",), mends=True),
    "data/data.separator": Effect(
        "output", ";", ("--data.{verb}=semicolon.csv",), before=",", mends=True
    ),
    "data/data.sheet": Effect("output", "new", ("--data.{verb}=my.xlsx",), before="old"),
    "data/data.extra_cells": Effect("output", "ignore", ("--data.{verb}=wide.csv",), mends=True),
    "data/data.pair": Effect("refused", "other"),
    # of conversations only; what it does for them: tests/io/dialogues
    "data/data.roles": Effect("refused", "{客服: assistant}"),
    "data/data.batch": Effect("order", "{size: 2}"),
    "data.batch: Batching/data.batch.tokens": Effect("order", "60"),
    "data.batch: Batching/data.batch.size": Effect("order", "3"),
    "data.batch: Batching/data.batch.workers": Effect("processes", "1"),
    "data.batch: Batching/data.batch.eval_times": Effect("order", "2", ("--data.batch.size=3",)),
    "hardware/hardware.accelerator": Effect("refused", "no-such-thing"),
    "hardware/hardware.precision": Effect("output", "bf16-mixed"),
    # what more of them change, nothing: `test_distributed.py`
    "hardware/hardware.devices": Effect("refused", "0"),
    "hardware/hardware.num_nodes": Effect("refused", "0"),
}
TEST = NEW_FILE | {
    # of options only; what it does for them: tests/io/choices
    "data/data.first_option": Effect("refused", "1"),
    "general/out": Effect("output", "another.csv"),
    # the labels are no classes any more
    "data/data.encoding": Effect(
        "output", "gb18030", ("--data.test=gbk.csv",), before="latin-1", mends=True
    ),
    "data/data.test": Effect("output", "more.csv"),
    "data/data.label": Effect("output", "turned"),
    "data/data.negatives": Effect("refused", "other"),
    "data/data.header": Effect(
        "output",
        "false",
        ("--data.test=bare.csv", "--data.text=0", "--data.label=1"),
        mends=True,
    ),
}
PREDICT = NEW_FILE | {
    "general/out": Effect("output", "another.csv"),
    "general/text": Effect("refused", "很好"),  # beside a file; alone: test_predict.py
    "general/pair": Effect("refused", "很好"),
    "general/share": Effect("refused", "1/2"),  # without a * in --out; with it: test_streaming.py
    "data/data.predict": Effect("output", "more.csv"),
    "data/data.on_bad_row": Effect("output", "quarantine", ("--data.predict=bad.csv",), mends=True),
    "data/data.header": Effect(
        "output", "false", ("--data.predict=bare.csv", "--data.text=0"), mends=True
    ),
}
EFFECTS = {
    "train and fit": DATA | MODEL | RUN | TRAINER,
    "test": TEST,
    "predict": PREDICT,
}
