"""What options of the data change: files, targets, the audit, the split, batches."""

from __future__ import annotations

from option_effects.effect import Effect
from option_effects.tasks import (
    ANSWERS,
    AUTHORS,
    BY_AUTHOR,
    CHOICE,
    COMPARED,
    FOUND,
    GIVEN,
    JUDGED,
    PATHS,
    SPANS,
    TALKING,
    TARGET_OF_SETS,
    WINDOWS,
)

DATA = {
    "data/data.train": Effect("prepared", "more.csv"),
    "data/data.val": Effect("prepared", "val.csv"),
    "data/data.test": Effect("prepared", "val.csv"),
    "data/data.predict": Effect("refused", "val.csv"),
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
    "data.batch/data.batch.tokens": Effect("order", "60"),
    "data.batch/data.batch.size": Effect("order", "3"),
    "data.batch/data.batch.workers": Effect("processes", "1"),
    "data.batch/data.batch.eval_times": Effect("evaluated", "2", ("--data.batch.size=3",)),
    "data/data.sampling": Effect("order", "balanced"),
}
