"""What is wrong with the input is told in a few lines, and nothing is left behind."""

from __future__ import annotations

import csv
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from conftest import TINY, Command, Outcome, reviews, write_csv

SCREEN = 24  # lines
TRAIN = Path(__file__).parents[2] / "src" / "train.py"
ROWS = reviews(60)


def as_csv(rows: Sequence[Sequence[str]], header: Sequence[str] = ("review", "stars")) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


WORDS = ("--data.input.encode.tokenizer=words", "--data.input.encode.min_count=1")
GOOD_CSV = as_csv(ROWS)
LINES = GOOD_CSV.decode().splitlines()
VECTORS, CNN = ["--data.input.encode.vectors=my.vec"], ["--model.backbone=TextCNN"]

LAUGHS = f"[&a [{', '.join('x' * 9)}]" + "".join(
    f", &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in ("ab", "bc", "cd", "de", "ef", "fg")
)
LAUGHS += "]"  # nine to the seventh


@dataclass(frozen=True)
class Bad:
    """A row of the table: a name, ``my.csv`` and other files, options, and what must be said."""

    name: str
    said: Sequence[str]
    train: bytes | None = GOOD_CSV
    argv: Sequence[str] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    missing: Sequence[str] = ()


TABLE = [
    Bad("missing_file", ["my.csv", "no such file"], None),
    Bad(
        "unfetched_corpus",
        ["corpus", "--data.train"],
        argv=["--data.train=.cache/corpus/reviews.csv"],
    ),
    Bad("misspelt_file", ["my.csv", "did you mean my.cvs"], None, files={"my.cvs": GOOD_CSV}),
    Bad("empty_file", ["my.csv", "empty"], b""),
    Bad("header_only", ["my.csv", "no row"], b"review,stars\n"),
    Bad("binary_file", ["my.csv", "text"], bytes(range(256)) * 40),
    Bad(
        "missing_column",
        ["my.csv", "'review'", "'text', 'stars'", "--data.input.text"],
        as_csv(ROWS, ("text", "stars")),
    ),
    Bad(
        "one_class", ["same label", "好评", "'stars'"], as_csv([(text, "好评") for text, _ in ROWS])
    ),
    Bad(
        "numbers_that_32_bits_do_not_tell_apart",
        ["my.csv", "'stars'", "in 32 bits all 60 numbers", "shift or scale"],
        as_csv([(text, str(10**12 + i)) for i, (text, _) in enumerate(ROWS)]),
        ["--task=regression", "--data.input.linear={}"],
    ),
    Bad(
        "row_without_label",
        ["my.csv", "row 4", "'stars'"],
        "\n".join([*LINES[:3], "没有标签,", *LINES[3:]]).encode(),
    ),
    Bad(
        "label_unseen_in_train",
        ["val.csv", "row 3", "'stars'", "'中评'"],
        argv=["--data.val=val.csv"],
        files={"val.csv": as_csv([("新的评论", "好评"), ("另一条评论", "中评")])},
    ),
    Bad(
        "val_without_labels",
        ["val.csv", "'stars'", "review"],
        argv=["--data.val=val.csv"],
        files={"val.csv": as_csv([("新的评论",), ("另一条评论",)], ("review",))},
    ),
    Bad(
        "unclosed_quote",
        ["my.csv", "row 5", "quot"],
        "\n".join([*LINES[:4], '"没有结束的引号,好评', *LINES[4:]]).encode(),
    ),
    Bad(
        "ragged_row",
        ["my.csv", "row 5", "3 cells"],
        "\n".join([*LINES[:4], "评论,好评,多了", *LINES[4:]]).encode(),
    ),
    Bad(
        "mixed_encodings",
        ["my.csv", "row 61", "--data.encoding"],
        "\n".join(LINES[:-1]).encode() + "\n这家酒店的服务非常好,好评\n".encode("gb18030"),
    ),
    Bad(
        "header_again",
        ["my.csv", "row 5", "the header again", "--data.on_bad_row quarantine"],
        "\n".join([*LINES[:4], '\ufeff"review", "stars"', *LINES[4:]]).encode(),
    ),
    Bad(
        "separator_that_is_not_there",
        ["my.csv", "'review,stars'", "--data.separator"],
        argv=["--data.separator=;"],
    ),
    Bad("separator_of_two", ["data.separator", "one character"], argv=["--data.separator=||"]),
    Bad("idle_sheet", ["data.sheet has no effect on csv"], argv=["--data.sheet=new"]),
    Bad(
        "nested_json",
        ["my.json", "as in SQuAD", '[{"review": …, "stars": …}, …]'],
        None,
        ["--data.train=my.json"],
        {"my.json": b'{"version": "1.1", "data": [{"title": "a", "paragraphs": [{"qas": []}]}]}'},
    ),
    Bad(
        "unknown_suffix",
        ["my.dat", "--data.format"],
        None,
        ["--data.train=my.dat"],
        {"my.dat": GOOD_CSV},
    ),
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
    Bad("broken_yaml", ["my.yaml"], argv=["--config=my.yaml"], files={"my.yaml": b"data: [1,\n"}),
    Bad(
        "binary_yaml", ["my.yaml"], argv=["--config=my.yaml"], files={"my.yaml": bytes(range(256))}
    ),
    Bad(
        "yaml_that_holds_itself",
        ["my.yaml", "holds itself"],
        argv=["--config=my.yaml"],
        files={"my.yaml": b"a: &x [*x]\n"},
    ),
    Bad(
        "number_without_end_in_yaml",
        ["my.yaml", "digits"],
        argv=["--config=my.yaml"],
        files={"my.yaml": b"seed_everything: " + b"9" * 5000},
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
        "words_for_numbers",
        ["my.csv", "row 2", "'stars'", "not a number"],
        argv=["--task=regression"],
    ),
    Bad(
        "score_that_is_nan",
        ["my.csv", "row 4", "'stars'", "no finite number", "'nan'", "--data.placeholders"],
        as_csv([(ROWS[0][0], "1.5"), (ROWS[1][0], "2"), (ROWS[2][0], "nan")]),
        argv=["--task=regression"],
    ),
    Bad(
        "score_beyond_all_measure",
        ["my.csv", "row 3", "'stars'", "1e+18"],
        as_csv([(ROWS[0][0], "1.5"), (ROWS[1][0], "-1e308")]),
        argv=["--task=regression"],
    ),
    Bad(
        "label_cell_that_does_not_parse",
        ["my.csv", "row 3", "'stars'", "no set of labels", "a|b", "'[\"a\", 1'"],
        as_csv([(ROWS[0][0], "a|b"), (ROWS[1][0], '["a", 1')]),
        argv=["--task=multilabel"],
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
        "missing_reader",
        ["openpyxl", "pip install 'weitiao[xlsx]'"],
        None,
        ["--data.train=my.xlsx"],
        {"my.xlsx": b"PK\x03\x04"},
        missing=["openpyxl"],
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
    Bad(
        "pickled_vectors",
        ["my.kv", "pickle", "save_word2vec_format"],
        argv=["--data.input.encode.vectors=my.kv", *CNN],
        files={"my.kv": pickle.dumps({"酒": [1.0, 2.0]}, 4)},
    ),
    Bad("empty_vectors", ["my.vec", "empty"], argv=[*VECTORS, *CNN], files={"my.vec": b""}),
    Bad(
        "broken_vectors",
        ["my.vec", "row 2", "a word and 2 numbers", "'店 1'"],
        argv=[*VECTORS, *CNN],
        files={"my.vec": "酒 1 2\n店 1\n".encode()},
    ),
    Bad(
        "vectors_of_other_words",
        ["my.vec", "no word of the vocabulary", "'hotel'", "data.input.encode.tokenizer"],
        argv=[*VECTORS, *CNN],
        files={"my.vec": b"hotel 1 2\n"},
    ),
    Bad(
        "vectors_of_another_width",
        ["embedding = 3", "2 wide"],
        argv=[*VECTORS, *CNN, "--model.backbone.embedding=3"],
        files={"my.vec": "酒 1 2\n".encode()},
    ),
    Bad(
        "vectors_that_nothing_reads",
        ["Transformer reads no word vectors", "TextCNN"],
        argv=VECTORS,
        files={"my.vec": "酒 1 2\n".encode()},
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


def contents(folder: Path) -> dict[str, bytes]:
    """Each file and its bytes; a lock that nobody holds is no content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def check(done: Outcome, said: Sequence[str]) -> None:
    assert done.code != 0, done.err
    assert "Traceback" not in done.err + done.out, done.err
    assert len(done.err.splitlines()) <= SCREEN, done.err
    assert "error: " in done.err, done.err
    for words in said:
        assert words in done.err, f"{words!r} is not in:\n{done.err}"
    assert done.out == ""


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_bad_input_is_told_in_one_screen(bad: Bad, command: Command, tmp_path: Path) -> None:
    if bad.train is not None:
        (tmp_path / "my.csv").write_bytes(bad.train)
    for name, content in bad.files.items():
        (tmp_path / name).write_bytes(content)
    before = contents(tmp_path)
    done = command(
        "train", "--data.train=my.csv", *TINY, *bad.argv, cwd=tmp_path, missing=bad.missing
    )
    print(done.err)
    check(done, bad.said)
    after = contents(tmp_path)
    whole = {
        str(p.relative_to(tmp_path))
        for c in tmp_path.glob(".cache/prepared/*/card.json")
        for p in c.parent.iterdir()
    }  # good data, prepared before a fault elsewhere was met
    assert {k: v for k, v in after.items() if k not in whole} == before
    assert not list((tmp_path / "logs").glob("*"))


def test_a_broken_checkpoint_is_told_on_resume(workplace: Path, command: Command) -> None:
    last = workplace / "logs/latest/checkpoints/last.ckpt"
    for checkpoint in (last, last.with_name("previous.ckpt")):
        checkpoint.write_bytes(checkpoint.read_bytes()[:2000])
    before = contents(workplace)
    done = command("fit", f"--ckpt_path={last}", cwd=workplace)
    check(done, ["last.ckpt", "broken", "so is", "previous.ckpt"])
    assert contents(workplace) == before


def test_other_values_on_resume_are_told(workplace: Path, command: Command) -> None:
    before = contents(workplace)
    done = command(
        "fit",
        "--ckpt_path=logs/latest/checkpoints/last.ckpt",
        "--model.optim.lr=0.5",
        cwd=workplace,
    )
    check(done, ["model.optim.lr: 0.01 → 0.5", "new run"])
    assert contents(workplace) == before


def test_another_name_on_resume_is_told(workplace: Path, command: Command) -> None:
    before = contents(workplace)
    last = "logs/latest/checkpoints/last.ckpt"
    done = command("fit", f"--ckpt_path={last}", "--run.name=other", cwd=workplace)
    check(done, ["run.name", "goes on in logs/"])
    assert contents(workplace) == before


def test_a_link_that_leads_nowhere_is_told(command: Command, tmp_path: Path) -> None:
    (tmp_path / "my.csv").symlink_to("gone.csv")
    done = command("train", "--data.train=my.csv", *TINY, cwd=tmp_path)
    check(done, ["my.csv", "gone.csv", "leads to no file"])


def test_a_text_of_a_megabyte_among_normal_ones_trains(command: Command, tmp_path: Path) -> None:
    rows = [*reviews(60)[:-1], ("服务很好" * 90_000, "好评")]  # 1.08 MB in UTF-8
    write_csv(tmp_path / "my.csv", rows)
    done = command("fit", "--data.train=my.csv", *TINY, "--trainer.max_epochs=1", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    audit = json.loads((tmp_path / "logs/latest/audit.json").read_text("utf-8"))
    rows_of = {name: split["rows"] for name, split in audit["audit"]["splits"].items()}
    cut = sum(audit["encode"][name]["cut_share"] * rows_of[name] for name in rows_of)
    assert cut == pytest.approx(1)
    line = next(x for x in done.err.splitlines() if x.startswith("rows cut at 128 ids: "))
    assert sorted(part.split()[-1] for part in line.split(", ")) == ["0", "0", "1"]


def test_a_run_that_diverges_ends_with_a_word(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", ROWS)
    done = command("fit", "--data.train=my.csv", *TINY, "--model.optim.lr=1e30", cwd=tmp_path)
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "error: training diverged: the loss is nan in epoch 0, batch " in done.err
    assert "its rows in my.csv: " in done.err
    assert not (tmp_path / "logs/latest/checkpoints/best.ckpt").exists()


def test_thirty_rows_train_with_a_warning(command: Command, tmp_path: Path) -> None:
    write_csv(tmp_path / "my.csv", reviews(30))
    done = command("train", "--data.train=my.csv", *TINY, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "! train has 24 rows only" in done.err


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["fit", "--data.train=my.csv", "--data.input.clean.steps=[emoji]"], 1, "weitiao[clean]"),
        ([], 2, "usage: train.py VERB"),
        (["fitt"], 2, "there is no verb 'fitt'"),
    ],
    ids=["missing_package", "no_verb", "unknown_verb"],
)
def test_a_fresh_interpreter_says_the_same(
    argv: list[str], code: int, said: str, tmp_path: Path
) -> None:
    folder, shadow = tmp_path / "folder", tmp_path / "shadow"
    folder.mkdir()
    write_csv(folder / "my.csv", ROWS, ("text", "label"))
    hide = "import sys\nsys.modules['emoji'] = None\n"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(hide, "utf-8")
    before = contents(folder)
    done = subprocess.run(
        [sys.executable, str(TRAIN), *argv],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(shadow)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= SCREEN
    assert done.stdout == ""
    assert contents(folder) == before
