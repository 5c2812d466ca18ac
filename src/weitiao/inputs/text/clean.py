"""Named cleaning steps, applied in the order in which they are listed, with their effect counted.

The steps are idempotent, alone and in any order: a text that changed goes through them again until
nothing changes any more. (One pass isn't enough: in "&lt;br&gt;" a tag appears only when the
entities are decoded, and "h\\u200bttp://" is a URL only without its invisible character.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from typing import Literal, get_args

from weitiao.errors import ConfigError, MissingExtra
from weitiao.inputs.text.rewriting import MASKED, Rewriting

# In the order that suits most: repair before normalisation before removal, drops last.
Step = Literal[
    "mojibake",
    "html",
    "control",
    "unicode",
    "width",
    "simplified",
    "url",
    "email",
    "phone",
    "mention",
    "topic",
    "emoji",
    "repeats",
    "whitespace",
    "empty",
    "length",
]

_DROPS = ("empty", "length")
_PACKAGES = {"mojibake": "ftfy", "simplified": "opencc", "emoji": "emoji"}
_STEPS_OF_OPTION = {
    "unicode_form": ("unicode",),
    "replacement": tuple(MASKED),
    "emoji": ("emoji",),
    "max_repeats": ("repeats",),
    "min_chars": ("length",),
    "max_chars": ("length",),
}
_CHOICES = {
    "unicode_form": ("NFC", "NFKC"),
    "replacement": ("space", "token"),
    "emoji": ("drop", "name"),
}


@dataclass(frozen=True)
class Cleaned:
    """Cleaned texts, one for each given.

    Args:
        texts: the cleaned text, None where "empty" or "length" dropped it.
        changed: for each step that rewrites, how many texts it changed.
        dropped: for each step that drops, how many texts it dropped.
    """

    texts: list[str | None]
    changed: dict[str, int]
    dropped: dict[str, int]


@dataclass(frozen=True)
class Cleaner:
    """Cleans texts by named steps, in the order given. The default only repairs.

    Args:
        steps: what to do, in this order:
            `mojibake` undoes wrong decoding (ftfy; repairs encodings only);
            `html` removes tags and comments and decodes entities;
            `control` removes control and zero-width characters, not those inside emoji;
            `unicode` composes characters (see `unicode_form`);
            `width` makes full-width letters, digits, symbols and spaces half-width, and leaves
            the punctuation of Chinese text, ！（），：；？～ and the like;
            `simplified` turns traditional characters into simplified ones (OpenCC t2s);
            `url`, `email`, `phone` (Chinese mobile, landline and service numbers), `mention`
            (@name), `topic` (#topic#) remove what they are named for (see `replacement`);
            `emoji` removes or names emoji (leave the step out to keep them);
            `repeats` shortens runs of one character, digits excepted (see `max_repeats`);
            `whitespace` makes each run of white space, line breaks included, one space and strips
            the ends (a space between hanzi stays: it often stands for a comma);
            `empty` drops texts without a visible character, `length` those out of bounds.
        unicode_form: NFC is safe. NFKC also folds ，into a comma, ² into 2 and ﬁ into fi.
        replacement: what stands for a removed URL, e-mail, phone, mention or topic: a space, so
            that its neighbours don't join, or a token: <url>, <email>, <phone>, <mention>, <topic>.
        emoji: remove emoji, or write their names in brackets, in Chinese where the text has hanzi.
        max_repeats: the longest run of one character that `repeats` leaves.
        min_chars: the fewest characters (code points) that `length` lets pass.
        max_chars: the most characters that `length` lets pass; None is no bound.

    Raises:
        ConfigError: steps that are unknown, doubled or out of place, options whose step is missing.
        MissingExtra: a step's package is not installed.
    """

    steps: tuple[Step, ...] = ("html", "control", "unicode", "width", "whitespace", "empty")
    unicode_form: Literal["NFC", "NFKC"] = "NFC"
    replacement: Literal["space", "token"] = "space"
    emoji: Literal["drop", "name"] = "drop"
    max_repeats: int = 3
    min_chars: int = 0
    max_chars: int | None = None

    def __post_init__(self) -> None:
        self._check_steps()
        self._check_options()
        for step in self.steps:
            package = _PACKAGES.get(step)
            if package and find_spec(package) is None:
                raise MissingExtra(package, "clean", f"the cleaning step {step!r}")

    def _check_steps(self) -> None:
        if unknown := [step for step in self.steps if step not in get_args(Step)]:
            known = ", ".join(get_args(Step))
            raise ConfigError(f"unknown cleaning step {unknown[0]!r}: choose from {known}")
        if len(set(self.steps)) < len(self.steps):
            raise ConfigError(f"a cleaning step is listed twice: {', '.join(self.steps)}")
        drops = [step in _DROPS for step in self.steps]
        if drops != sorted(drops):
            raise ConfigError(
                "the cleaning steps that drop texts (empty, length) must come last:"
                " a step after them could empty or shorten a text again"
            )

    def _check_options(self) -> None:
        for option, choices in _CHOICES.items():
            if getattr(self, option) not in choices:
                raise ConfigError(f"cleaning option {option} is one of {', '.join(choices)}")
        defaults = {field.name: field.default for field in fields(self)}
        for option, steps in _STEPS_OF_OPTION.items():
            value = getattr(self, option)
            if value != defaults[option] and not set(steps) & set(self.steps):
                raise ConfigError(
                    f"cleaning option {option}={value!r} has no effect without the step"
                    f" {' or '.join(steps)}"
                )
        if self.max_repeats < 1:
            raise ConfigError(f"max_repeats must be at least 1, not {self.max_repeats}")
        if "length" in self.steps and self.min_chars <= 0 and self.max_chars is None:
            raise ConfigError("the cleaning step 'length' needs min_chars or max_chars")
        if self.max_chars is not None and self.max_chars < max(self.min_chars, 1):
            raise ConfigError(f"max_chars={self.max_chars} lets no text pass")

    @property
    def rewriting(self) -> Rewriting:
        """The steps that rewrite texts."""
        options = {field.name: getattr(self, field.name) for field in fields(Rewriting)}
        return Rewriting(**options)

    def clean(self, texts: Sequence[str], *, may_drop: bool = True) -> Cleaned:
        """Rewrite the texts, then drop what is empty or out of bounds; linear in their length.

        Args:
            may_drop: false where each text needs its place: given test files, rows to predict.
        """
        rewriting = Rewriting(
            self.steps, self.unicode_form, self.replacement, self.emoji, self.max_repeats
        )
        rewritten, changed = rewriting(texts)
        kept: list[str | None] = list(rewritten)
        dropped: dict[str, int] = {}
        for step in self.steps:
            if step in _DROPS and may_drop:
                out = [
                    i for i, text in enumerate(kept) if text is not None and self._drops(step, text)
                ]
                for i in out:
                    kept[i] = None
                dropped[step] = len(out)
        return Cleaned(kept, changed, dropped)

    def _drops(self, step: Step, text: str) -> bool:
        if step == "empty":
            return not text.strip()
        return not self.min_chars <= len(text) <= (self.max_chars or len(text))
