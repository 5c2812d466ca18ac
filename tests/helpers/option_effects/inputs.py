"""What options of inputs change: cleaning, segmenting, ids, augmentation, chat templates."""

from __future__ import annotations

from option_effects.effect import Effect
from option_effects.tasks import (
    ALIKE,
    CHANGED,
    CHOICE,
    CNN,
    COMPARED,
    FOUND,
    HIDDEN,
    JUDGED,
    LIKE,
    LINEAR,
    NEAR,
    PARALLEL,
    PICTURES,
    SOUNDS,
    SWAP,
    TALK,
    TALKING,
    TWO_SIDES,
    WORDS,
)

SIDES = {"encode": PARALLEL, "written": TWO_SIDES}
SPECIAL = {
    "encode": ("--data.train=special.csv",),
    "written": ("--data.train=special.csv", "--data.input.text=no", "--data.target.label=text"),
}


def steps(*names: str) -> tuple[str, ...]:
    return (f"--data.input.clean.steps=[{','.join(names)}]",)


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


INPUTS = {
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
    "data.input: Text/data.input.linear": Effect("prepared", "{}"),
    "data.input.linear: Linear/data.input.linear.strength": Effect("scores", "0.1", LINEAR),
    "data.input.linear: Linear/data.input.linear.weights": Effect("prepared", "64", LINEAR),
    **{
        f"data.input: Image/data.input.{option}": Effect("prepared", value, PICTURES)
        for option, value in {
            "size": "20",
            "colours": "grey",
            "interpolation": "nearest",
        }.items()
    },
    "data.input: Image/data.input.path": Effect(
        "prepared", "file", (*PICTURES, "--data.train=pictures.csv"), mends=True
    ),
    "data.input: Image/data.input.square": Effect(
        "prepared", "crop", (*PICTURES, "--data.train=pictures.csv", "--data.input.path=file")
    ),
    "data.input: Image/data.input.mean": Effect("loss", "[0.1, 0.2, 0.3]", PICTURES),
    "data.input: Image/data.input.deviation": Effect("loss", "[0.1, 0.2, 0.3]", PICTURES),
    "data.input: Image/data.input.augment": Effect("loss", "{crop: 0.5}", PICTURES),
    "data.input: Image/data.input.cache_limit": Effect("refused", "0.000001", PICTURES),
    **{
        f"data.input.augment: Augment/data.input.augment.{option}": Effect("loss", value, CHANGED)
        for option, value in {
            "flip": "0.0",
            "crop": "0.4",
            "turn": "20",
            "colour": "0.5",
            "erase": "1.0",
        }.items()
    },
    "data.input: Sound/data.input.path": Effect(
        "prepared", "file", (*SOUNDS, "--data.train=named.csv"), mends=True
    ),
    **{
        f"data.input: Sound/data.input.log_mel.{option}": Effect("prepared", value, SOUNDS)
        for option, value in {"rate": "8000", "bands": "20", "window": "30", "step": "20"}.items()
    },
    "data.input: Sound/data.input.shortest": Effect("refused", "0.2", SOUNDS),
    "data.input: Sound/data.input.longest": Effect("refused", "0.2", SOUNDS),
    "data.input: Sound/data.input.changes": Effect("loss", "{masks: 1}", SOUNDS),
    **{
        f"data.input.changes: Changes/data.input.changes.{option}": Effect("loss", value, HIDDEN)
        for option, value in {
            "speed": "0.5",
            "warp": "0.5",
            "bands": "0.5",
            "frames": "0.5",
            "masks": "4",
        }.items()
    },
}
