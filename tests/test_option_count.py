"""Options don't pile up: one that is added has its reason here, or takes another's place."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TABLE = Path(__file__).parents[1] / "docs" / "options.md"
BEFORE = {
    "pretrain": 63,
    "train and fit": 143,
    "generate": 9,
    "predict": 25,
    "test": 23,
    "export": 18,  # those of `test`: of the rows it is checked on
    "retrieve": 24,  # those of `predict`: of the files that are read, and where it computes
    "embed": 30,
    "compare": 5,
    "tune": 17,
    "gain": 5,
}
"""Options of a verb on 2026-11-29, Lightning's aside. Where one goes, this goes down."""
OWN_CODE = "a configuration or a checkpoint may not allow it itself"
ADDED = {
    f"{verb} --allow_code": OWN_CODE for verb in ("train and fit", "test", "predict", "pretrain")
}
ADDED |= {
    f"{verb} --run.matmul": "what is faster differs by processor, and a rerun needs the same digits"
    for verb in ("train and fit", "pretrain")
}
ADDED |= {
    f"{verb} --data.batch.eval_times": "answers are written side by side, as far as memory goes"
    for verb in ("train and fit", "pretrain", "predict", "test", "export", "retrieve")
}
ADDED |= {
    "export --to": "a folder that others get is named by who gives it",
    "export --format": "what a model is loaded by is up to those who load it",
    "export --quantize": "fewer bits change answers: nobody wants that unasked",
    "export --max_loss": "how much may be lost for it, only the user knows",
}
ADDED |= {
    "train and fit --model.objective.chain": "a CRF is better on few rows and slower on all",
    "train and fit --model.objective.lr": "a head from nothing wants another rate than the encoder",
    "train and fit --model.objective.class_weights": "what rare types are worth, only users know",
    "train and fit --data.broken_tags": "whether broken tags are slips, only who made them knows",
    "train and fit --model.objective.best": "how many answers a person wants to choose from",
    "train and fit --model.backbone.attention_dropout": "long texts take twice the time with it",
    "train and fit --data.misplaced_answers": "whether they are slips, only who made them knows",
}
ADDED |= {
    "train and fit --data.input.passage": "what a question is about often has a column of its own",
    **{
        f"{verb} --data.first_option": "whether numbers begin at 0 or 1 a file needn't tell"
        for verb in ("train and fit", "test", "export")
    },
}
ADDED |= {
    "train and fit --data.input.encode.pairs": "one text or two: a cross-encoder, or vectors",
    "train and fit --data.input.encode.pair_prefix": "E5 was trained with a prefix for each side",
    "train and fit --model.objective.loss.temperature": "how much hard ones count: it differs",
    "train and fit --model.objective.loss.margin": "how far apart is far enough: the best differs",
    "train and fit --data.target.classes": "texts of a class belong together where no pairs do",
    "train and fit --data.input.negatives": "hard negatives stand in columns that users name",
    "test --data.negatives": "a file to measure on may have none, or call them otherwise",
    "export --data.negatives": "as of test, whose rows it is checked on",
    "train and fit --model.objective.chunk": "what fits into memory depends on the machine",
    "train and fit --model.objective.dimensions": "how narrow an index has to be, its users know",
}
ADDED |= {
    **{
        f"{verb} --data.roles": "what a file calls those who speak, only who made it knows"
        for verb in ("train and fit", "predict", "test", "export")
    },
    "generate --roles": "as of predict: the same file may be answered by either",
}
ADDED |= {
    "train and fit --data.input.written": "two languages may need a vocabulary each",
    **{
        f"train and fit --data.input.written.{option}": "each side may have its own tokenizer"
        for option in (
            *("tokenizer", "vocab_size", "min_count", "lowercase", "max_length", "truncation"),
            *("pad_token", "special_text", "prefix", "pairs", "pair_prefix", "vectors"),
        )
    },
    "train and fit --model.objective.label_smoothing": "how sure a model may be depends on data",
    "train and fit --model.objective.beams": "who waits for a text trades time for quality",
    "train and fit --model.objective.length_penalty": "beams write too little, by how much differs",
    "train and fit --model.objective.no_repeat": "small models fall into loops, large ones don't",
    "train and fit --model.objective.first_token": "a model of many languages must be told which",
}
ADDED |= {
    "retrieve --index": "an index stands where those who ask it look for it",
    "retrieve --top": "how many texts a reader, or a reranker, takes is theirs to say",
    "retrieve --negatives.count": "how many negatives a training can hold depends on its memory",
    "retrieve --negatives.share": "how near a text may be and be wrong differs from data to data",
    "retrieve --negatives.margin": "as the share, of models whose cosines lie close together",
    "retrieve --data.pair": "pairs to mine may be called otherwise than those of the training",
    "retrieve --least": "from which cosine on texts count as alike differs from model to model",
}
ADDED |= {
    "train and fit --model.backbone.lora.rank_stabilised": "high ranks learn too slowly without",
    "train and fit --model.backbone.lora.dora": "nearer to training all weights, and far slower",
    "train and fit --model.backbone.bits": "few bits move a model's answers: who lacks memory asks",
    "train and fit --model.backbone.packed": "without padding or in one block: machines differ",
    "train and fit --model.objective.sample": "answers take their time: how many, users know",
    "train and fit --model.objective.longest": "how long an answer may be differs by task",
    "train and fit --model.objective.extract": "what counts of an answer, only its users know",
    "train and fit --model.objective.metrics": "answers may be translations, summaries or neither",
}
ADDED |= {
    "train and fit --data.input.tokenizer": "a conversation is written by its model's own template",
    "train and fit --data.input.template": "a model that can't chat yet has no template",
    "train and fit --data.input.max_length": "how long conversations are differs a hundredfold",
    "train and fit --data.input.too_long": "what may be left out of them, only their users know",
    "train and fit --data.input.learn": "earlier answers may be another's, and not to be learned",
    "train and fit --data.input.system": "files without a system message are asked with one later",
}
ADDED |= {
    "train and fit --data.input.rejected": "of two answers, a file says which is which by names",
    "train and fit --model.objective.beta": "how far a model may move depends on its use",
    "train and fit --data.input.good": "as rejected, where answers are judged one by one",
    "train and fit --model.objective.good": "good and bad answers are seldom as many",
    "train and fit --model.objective.bad": "as good: one of both may be rare",
    "train and fit --model.objective.sft": "whether preferred answers become rarer, data decide",
    "train and fit --model.objective.per_id": "where preferred answers are longer, sums mislead",
}
ADDED |= {
    "predict --share": "which part of the files a job of an array does, only its script knows",
}
ADDED |= {
    "generate --chat": "whether a text is gone on with or answered, only who asks knows",
    "generate --system": "who the model is to be in a conversation is up to who begins it",
    "generate --file": "many prompts are a file",
    "generate --to": "what is written is named by who reads it",
    "generate --batch": "how many rows fit depends on the model and the machine",
    "generate --stop": "where a text ends for its reader the model needn't know",
}
ADDED |= {
    "train and fit --data.input.path": "each table calls the column of files otherwise",
    "train and fit --data.input.size": "characters need 28 pixels, photographs 224",
    "train and fit --data.input.colours": "colours of scanned characters say nothing",
    "train and fit --data.input.square": "whether edges or shape may be lost differs by task",
    "train and fit --data.input.interpolation": "a pretrained network was trained with one of them",
    "train and fit --data.input.mean": "a pretrained network was trained with a mean of its own",
    "train and fit --data.input.deviation": "as the mean, by which a pretrained network sees",
    "train and fit --data.input.cache_limit": "how much of a disk is free, its owner knows",
    "train and fit --data.input.augment.flip": "characters mean something else when mirrored",
    "train and fit --data.input.augment.crop": "how much of a thing is enough to know it differs",
    "train and fit --data.input.augment.turn": "aerial pictures have no up, photographs have one",
    "train and fit --data.input.augment.colour": "where colour is what is learned, it may not vary",
    "train and fit --data.input.augment.erase": "helps where things are covered, hurts small ones",
    "train and fit --model.backbone.levels": "how often a picture can be halved: its size",
    "train and fit --model.backbone.depth": "depth costs time, and is worth it with rows",
    "train and fit --model.backbone.patch": "it must divide the pictures' size, and sets the cost",
}
ADDED |= {
    "train and fit --data.input.log_mel.rate": "telephones have 8,000 samples a second",
    "train and fit --data.input.log_mel.bands": "voices and machines differ in pitches",
    "train and fit --data.input.log_mel.window": "long windows tell pitches, short ones moments",
    "train and fit --data.input.log_mel.step": "how fast sounds change differs",
    "train and fit --data.input.shortest": "how short a sound can be meant differs: clicks, words",
    "train and fit --data.input.longest": "how long one may be is a matter of memory",
    "train and fit --data.input.changes": "changed clips help voices that training hasn't heard",
    "train and fit --data.input.changes.speed": "where speed is what is learned, it may not vary",
    "train and fit --data.input.changes.warp": "where pitch is what is learned, it may not vary",
    "train and fit --data.input.changes.bands": "helps, but where one band tells all",
    "train and fit --data.input.changes.frames": "helps with long clips, hurts in short ones",
    "train and fit --data.input.changes.masks": "as many as clips are long",
    "train and fit --model.backbone.channels": "how often bands are halved, and the cost of it",
}
ADDED |= {
    "serve --host": "which network may reach a server can't be guessed",
    "serve --port": "of two servers on one machine each needs its own",
    "serve --token_file": "a token may stand neither on the command line nor in a log",
    "serve --device": "a server often shares the machine with a training on the GPU",
    "serve --trust_remote_code": "as for predict: a checkpoint may not allow it itself",
    "serve --allow_code": OWN_CODE,
    "serve --reload_every": "who answers for a model wants to say when another takes over",
    "serve --end_within": "a cluster kills after a time of its own; answers must come before",
    "serve --limits.texts": "how much one request may take depends on the model and the machine",
    "serve --limits.characters": "documents are longer than what protects a server of reviews",
    "serve --limits.body": "with both limits above raised, requests outgrow any fixed size",
    "serve --limits.queue": "how long clients are willing to wait is theirs to say",
    "serve --limits.rate": "only who knows the clients knows how often they may ask",
    "serve --limits.answer": "how long an answer may take is known where it is waited for, not in"
    " the training",
}
"""``verb --option`` → why nothing that was there would do; of what came after that day."""


def options() -> set[str]:
    """``verb --option``, once where several classes have it."""
    found: set[str] = set()
    verb = group = ""
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            verb = line[3:]
        elif line.startswith("### "):
            group = line[4:]
        elif (row := re.match(r"\| `(--[\w.]+)`", line)) and group != "trainer":
            found.add(f"{verb} {row[1]}")
    return found


def test_an_option_more_has_a_reason() -> None:
    assert ADDED.keys() <= options(), "a reason for what is no option"
    assert min(map(len, ADDED.values()), default=99) > 20, "is this a reason?"
    counted = Counter(option.rpartition(" ")[0] for option in options() - ADDED.keys())
    assert counted == BEFORE, "name each new option in ADDED; lower BEFORE where one went"
