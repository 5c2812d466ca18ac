"""What options of the verbs test and predict change."""

from __future__ import annotations

from option_effects.effect import Effect

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
