"""What options of the run and the Trainer change."""

from __future__ import annotations

from option_effects.effect import Effect

RUN = {
    "general/seed_everything": Effect("order", "2"),
    "general/task": Effect("prepared", "multilabel"),
    "general/recipe": Effect("run", "few_rows"),
    # what it allows: tests/test_extending.py; in this process other tests would find the classes
    "general/allow_code": Effect("refused", "no_such_module"),
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
