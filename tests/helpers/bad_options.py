"""Bad options: unknown ones, values out of range, contradictions, what is missing beside them."""

from __future__ import annotations

from bad_inputs import ROWS, Bad, as_csv

WORDS = ("--data.input.encode.tokenizer=words", "--data.input.encode.min_count=1")
LAUGHS = f"[&a [{', '.join('x' * 9)}]" + "".join(
    f", &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in ("ab", "bc", "cd", "de", "ef", "fg")
)
LAUGHS += "]"  # nine to the seventh

BAD_OPTIONS = [
    Bad("separator_of_two", ["data.separator", "one character"], argv=["--data.separator=||"]),
    Bad("idle_sheet", ["data.sheet has no effect on csv"], argv=["--data.sheet=new"]),
    Bad("unknown_encoding", ["utf-99"], argv=["--data.encoding=utf-99"]),
    Bad(
        "unknown_key",
        ["data.input.txet", "did you mean --data.input.text?"],
        argv=["--data.input.txet=review"],
    ),
    Bad(
        "unknown_key_in_yaml",
        ["bacth"],
        argv=["--config=my.yaml"],
        files={"my.yaml": b"data:\n  bacth:\n    size: 3\n"},
    ),
    Bad("option_that_holds_itself", ["data.text"], argv=["--data.text=&x {a: *x}"]),
    Bad("option_that_unfolds", ["seed_everything"], argv=[f"--seed_everything={LAUGHS}"]),
    Bad("missing_yaml", ["absent.yaml"], argv=["--config=absent.yaml"]),
    Bad("wrong_type", ["data.batch.size", "many"], argv=["--data.batch.size=many"]),
    Bad("wrong_choice", ["audit.drop_leaks", "perhaps"], argv=["--data.audit.drop_leaks=perhaps"]),
    Bad(
        "unknown_backbone",
        ["model.backbone", "Nothing"],
        argv=["--model.backbone=weitiao.models.backbones.Nothing"],
    ),
    Bad("negative_workers", ["data.batch.workers", "-1"], argv=["--data.batch.workers=-1"]),
    Bad("negative_clip", ["trainer.gradient_clip_val"], argv=["--trainer.gradient_clip_val=-1"]),
    Bad("cache_is_a_file", ["data.cache", "my.csv"], argv=["--data.cache=my.csv"]),
    Bad("negative_rate", ["model.optim.lr", "-1"], argv=["--model.optim.lr=-1"]),
    Bad("dropout_of_all", ["backbone.dropout", "1.5"], argv=["--model.backbone.dropout=1.5"]),
    Bad("no_layers", ["backbone.layers", "at least 1"], argv=["--model.backbone.layers=0"]),
    Bad(
        "no_kernels",
        ["backbone.kernels", "at least 1"],
        argv=["--model.backbone=TextCNN", "--model.backbone.kernels=[]"],
    ),
    Bad(
        "no_embedding",
        ["backbone.embedding", "at least 1"],
        argv=["--model.backbone=Bag", "--model.backbone.embedding=0"],
    ),
    Bad(
        "all_dropped",
        ["backbone.dropout", "got 1"],
        argv=["--model.backbone=Recurrent", "--model.backbone.dropout=1"],
    ),
    # a part that may be null: jsonargparse wraps what it refuses
    Bad("wide_share", ["model.objective.wide.share", "3"], argv=["--model.objective.wide.share=3"]),
    Bad("negative_seed", ["seed_everything", "-1"], argv=["--seed_everything=-1"]),
    Bad("no_threads", ["run.threads", "at least 1"], argv=["--run.threads=0"]),
    Bad("save_never", ["run.save_every", "at least 1"], argv=["--run.save_every=0"]),
    Bad("name_is_a_path", ["run.name", "a/b"], argv=["--run.name=a/b"]),
    Bad("pair_is_text", ["data.input.text, pair, label", "different"], argv=["--data.pair=review"]),
    Bad("unknown_strategy", ["trainer", "magic"], argv=["--trainer.strategy=magic"]),
    Bad("negative_devices", ["trainer", "devices"], argv=["--trainer.devices=-2"]),
    Bad("log_never", ["log_every_n_steps"], argv=["--trainer.log_every_n_steps=0"]),
    Bad("out_of_range", ["split.val", "1.5"], argv=["--data.split.val=1.5"]),
    Bad(
        "contradictory_batch",
        ["data.batch", "tokens or size must be given"],
        argv=["--data.batch.size=null", "--data.batch.tokens=null"],
    ),
    Bad(
        "contradictory_model", ["width 15", "2 heads"], argv=["--model.backbone.init_args.width=15"]
    ),
    Bad(
        "blind_pooling",
        ["model.objective.pooling cls", "--model.objective.pooling last"],
        argv=["--model.backbone=TextCNN", "--model.objective.pooling=cls"],
    ),
    Bad(
        "idle_momentum",
        ["model.optim.momentum", "adamw"],
        argv=["--model.optim.momentum=0.9"],
    ),
    Bad("idle_pad_token", ["pad_token", "'characters'"], argv=["--data.input.encode.pad_token=好"]),
    Bad(
        "unknown_monitor", ["run.monitor", "val/f1", "val/f1_macro"], argv=["--run.monitor=val/f1"]
    ),
    Bad(
        "early_stopping_by_another_task",
        ["EarlyStopping", "'val/f1_macro'", "val/r2"],
        as_csv([(text, str(len(text))) for text, _ in ROWS]),
        [
            "--task=regression",
            "--trainer.callbacks=EarlyStopping",
            "--trainer.callbacks.monitor=val/f1_macro",
        ],
    ),
    Bad(
        "balanced_twice",
        ["data.sampling", "model.objective.loss.class_weights", "--data.sampling all"],
        argv=["--data.sampling=balanced", "--model.objective.loss.class_weights=balanced"],
    ),
    Bad(
        "scale_without_order",
        ["ordinal", "--data.target.labels"],
        argv=["--task=ordinal"],
    ),
    Bad(
        "loss_of_another_task",
        ["model.objective.loss.kind", "mse", "cross_entropy"],
        argv=["--model.objective.loss.kind=mse"],
    ),
    Bad(
        "decision_without_a_choice",
        ["model.objective.decision", "MultiLabel"],
        argv=["--model.objective.decision.at_least=1"],
    ),
    Bad("no_validation", ["split.val", "validation file"], argv=["--data.split.val=0"]),
    Bad("no_test", ["test", "--data.test"], argv=["--data.split.test=0"]),
    Bad("no_such_device", ["trainer", "CUDA"], argv=["--trainer.accelerator=cuda"]),
    Bad("wrong_precision", ["trainer.precision", "12-bit"], argv=["--trainer.precision=12-bit"]),
    Bad("no_epoch", ["max_epochs"], argv=["--trainer.max_epochs=0"]),
    Bad("no_train_file", ["--data.train"], argv=["--data.train=null"]),
    Bad(
        "missing_package",
        ["'ftfy'", "mojibake", "pip install 'weitiao[clean]'"],
        argv=['--data.input.clean.steps=["mojibake"]'],
        missing=["ftfy"],
    ),
    Bad(
        "no_corenlp",
        ["data.input.segment.url", "http://127.0.0.1:9", "StanfordCoreNLPServer"],
        argv=[
            *WORDS,
            "--data.input.segment.method=corenlp",
            "--data.input.segment.url=http://127.0.0.1:9",
        ],
    ),
    Bad(
        "no_model_of_stanza",
        ["'zh'", "nowhere", "stanza.download("],
        argv=[*WORDS, "--data.input.segment.method=stanza", "--data.input.segment.models=nowhere"],
    ),
    Bad(
        "no_stanza",
        ["pip install 'weitiao[stanza]'"],
        argv=[*WORDS, "--data.input.segment.method=stanza"],
        missing=["stanza"],
    ),
    Bad("root_is_a_file", ["my.csv"], argv=["--run.root=my.csv"]),
    Bad(
        "resume_of_nothing", ["absent.ckpt", "no such checkpoint"], argv=["--ckpt_path=absent.ckpt"]
    ),
    Bad(
        "resume_outside_a_run",
        ["lone.ckpt", "logs/RUN/checkpoints"],
        argv=["--ckpt_path=lone.ckpt"],
        files={"lone.ckpt": b"x"},
    ),
]
