"""Which columns of a file hold a conversation, or its prompt and its answer, by their names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

USUAL = {"text": "text", "label": "label"}
"""Role → what its column is called unless it is said; others are looked for then."""
REJECTED = "rejected"
"""Role of an answer that is not preferred, beside one that is."""
GOOD = "good"
"""Role of whether an answer is good."""
TURNS = ("messages", "conversations", "conversation", "turns", "dialog", "dialogue", "对话")
"""Columns of whole conversations, in lower case, the likeliest first."""
_WITH_INPUT = "instruction"  # alpaca's, beside which stands what it is about
_PROMPTS = ("prompt", "query", "question", "input", "问题", "提问", "输入")
_ANSWERS = ("output", "completion", "response", "answer", "回答", "答案", "输出")
_CHOSEN = "chosen"  # TRL, UltraFeedback, LLaMA-Factory, beside `REJECTED`
_JUDGED = (GOOD, "kto_tag", "label")  # LLaMA-Factory; TRL
_BESIDE = {"system": ("system", "system_prompt"), "history": ("history",)}
_INPUT = ("input", "context")  # context: Dolly
_TOOLS = "tools"


def columns_of(wanted: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """What is read of a file: role → column.

    ``text`` is a whole conversation where there is no ``label`` among the roles though one is
    wanted, as where two answers are compared and each stands with what comes before it; beside it
    stand ``text.input``, ``text.history`` and ``text.system`` if there are any.

    Args:
        wanted: role → name of its column; what has its usual name may be called otherwise.
        names: of the file's columns.
    """
    known = {name.strip().casefold(): name for name in reversed(names)}
    if GOOD in wanted:
        names, wanted = _without_judgement(names, wanted)
        known = {name.strip().casefold(): name for name in reversed(names)}
    if REJECTED in wanted and wanted.get("label") == USUAL["label"]:
        wanted = {**wanted, "label": known.get(_CHOSEN, USUAL["label"])}
    main = _main(wanted, names, known) if "text" in wanted else None
    if main is None and REJECTED in wanted and wanted.get("label") in names:
        main = wanted["label"], None  # what comes before the answers stands in their cells
    if main is None:
        return dict(wanted)
    found = {"text": main[0]} | ({} if main[1] is None else {"label": main[1]})
    taken = {*found.values()}
    for part, columns in _beside(found["text"]).items():
        column = next((known[each] for each in columns if each in known), None)
        if column is not None and column not in taken:
            found[f"text.{part}"] = column
    return found | {role: name for role, name in wanted.items() if role not in USUAL}


def may_lack(names: Iterable[str]) -> list[str]:
    """Columns that rows may have beside those of these names, though the first ones don't."""
    known = {name.strip().casefold() for name in names}
    inputs = _INPUT[:1] if _WITH_INPUT in known and known.isdisjoint(_INPUT) else ()
    firsts = (*inputs, *(each[0] for each in _BESIDE.values()))
    return [name for name in firsts if name not in known]


def unread(columns: Mapping[str, str], names: Sequence[str]) -> Iterator[str]:
    """What to report on columns that usually belong to conversations, and aren't read.

    Args:
        columns: role → the column that is read.
        names: of all columns.
    """
    yield from (f"the column {name!r} isn't read" for name in names if name == _TOOLS)
    text = columns["text"]
    if text not in names or is_whole(text) or text.strip().casefold() == _WITH_INPUT:
        return
    for name in names:
        if name.strip().casefold() in _INPUT and name not in columns.values():
            yield (
                f"the column {name!r} isn't read: it follows a prompt that is called"
                f" {_WITH_INPUT!r}, and this one is {text!r}"
            )


def is_whole(name: str) -> bool:
    """Whether a column of this name holds whole conversations."""
    return name.strip().casefold() in TURNS


def way_out(names: Iterable[str]) -> str:
    """What mends a file in which no conversation is found."""
    known = {name.strip().casefold(): name for name in names}
    if {"role", "content"} <= known.keys() or {"from", "value"} <= known.keys():
        return 'each row is a message: a row has to be a whole conversation, {"messages": […]}'
    lacking, prompt = "", next((known[each] for each in _PROMPTS if each in known), None)
    if prompt is not None:
        lacking = f"{prompt!r} is a prompt, and there is no answer beside it: {{--label}} NAME; "
    return f"{lacking}conversations and prompts are found by the names that docs/data.md lists"


def _without_judgement(
    names: Sequence[str], wanted: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The names but for the column that says whether an answer is good, which becomes wanted."""
    own = wanted[GOOD]
    usual = [own, *(_JUDGED if own == GOOD else ())]
    good = next((name for name in usual if name in names), own)
    return [name for name in names if name != good], {**wanted, GOOD: good}


def _beside(text: str) -> dict[str, tuple[str, ...]]:
    """What may stand beside a prompt: part → names of its column."""
    with_input = text.strip().casefold() == _WITH_INPUT
    return {"input": _INPUT, **_BESIDE} if with_input else _BESIDE


def _main(
    wanted: Mapping[str, str], names: Sequence[str], known: Mapping[str, str]
) -> tuple[str, str | None] | None:
    """The column of the text, and that of the label if it has one; null = there are none."""
    text, label = wanted["text"], wanted.get("label")
    given = label not in (None, USUAL["label"])  # it has to be a column, then
    answers = _answers(label, names, known)
    if given and not answers:
        return None
    if text != USUAL["text"]:
        others = [each for each in answers if each != text]
        return (text, next(iter(others), None)) if text in names else None
    whole = next((known[name] for name in TURNS if name in known), None)
    if whole is not None:
        return whole, label if given else None
    for prompt in _prompts(text, label is None or label in names, names, known):
        others = [each for each in answers if each != prompt]
        if label is None or others:
            return prompt, next(iter(others), None)
    return None


def _answers(label: str | None, names: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Columns that may hold the answers, the likeliest first."""
    if label is None:
        return []
    if label != USUAL["label"]:
        return [label] if label in names else []
    own = [label] if label in names else []
    return own + [known[name] for name in _ANSWERS if name in known]


def _prompts(
    text: str, labelled: bool, names: Sequence[str], known: Mapping[str, str]
) -> list[str]:
    """Columns that may hold the prompts, the likeliest first.

    Alpaca's own file has a column ``text`` of the whole, beside what it is made of.
    """
    own = [text] if text in names else []
    first = [known[_WITH_INPUT]] if _WITH_INPUT in known else []
    others = [known[name] for name in _PROMPTS if name in known]
    return [*first, *own, *others] if labelled else [*first, *others, *own]
