"""A run that was tuned on conversations is talked to as it is, adapters and template with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from chat_models import write_chat_model

import weitiao
from weitiao.cli.main import main
from weitiao.errors import ConfigError, DataError
from weitiao.evaluation.opening import open_model
from weitiao.generation.choice import Choice
from weitiao.generation.conversation import asked
from weitiao.generation.options import Generation
from weitiao.generation.speaker import Speaker
from weitiao.generation.talks import Answer, Talk, Talker
from weitiao.io.dialogues.messages import Message, messages_in
from weitiao.models.decoding import Row, go_on

PARTS = {
    "data.input": "weitiao.inputs.chat.Chat",
    "data.target": "weitiao.targets.reply.Reply",
    "model.backbone": "weitiao.models.backbones.causal.Causal",
    "model.objective": "weitiao.objectives.replies.replying.Replying",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    model = str(write_chat_model(folder / "model", texts=["What is it? It is 42."]))
    rows = [{"prompt": f"What is {n}?", "completion": f"It is {n}."} for n in range(40)]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    options = {
        **PARTS,
        "recipe": "none",
        "data.train": str(folder / "rows.jsonl"),
        "data.cache": str(folder / "cache"),
        "data.input.tokenizer": model,
        "data.input.max_length": "64",
        "data.input.system": "Be brief.",
        "model.backbone.name": model,
        "model.backbone.lora.rank": "4",
        "model.optim.lr": "0.01",
        "trainer.max_epochs": "1",
        "run.root": str(folder / "logs"),
        "run.name": "talk",
    }
    assert main(["fit", *(word for n, v in options.items() for word in (f"--{n}", v))]) == 0
    return next(path for path in (folder / "logs").iterdir() if path.name.endswith("talk"))


def test_it_says_what_the_run_itself_says(run: Path) -> None:
    speaker, options = Speaker.open(str(run), chat=True), Generation("", chat=True, temperature=0.0)
    ids = asked(speaker, [Message("user", "What is 7?")], options).ids
    assert "Be brief." in speaker.tokenizer.decode(ids)
    row = Row(ids, 16)
    go_on(speaker.model, [row], Choice(options), speaker.ends)
    model, _ = open_model(run / "checkpoints" / "best.ckpt", {}, trust_remote_code=False)
    prompt = torch.tensor([ids])
    known = model.backbone.generate(prompt, torch.ones_like(prompt), 16, speaker.ends)[0]
    assert (row.ids, row.ended) == (known.ids, known.ended)


TALKS: list[Any] = [
    "What is 7?",
    "你好，今天天气怎么样？",  # its answer is hanzi whose bytes are ids of their own
    [
        {"role": "user", "content": "What is 3?"},
        {"role": "assistant", "content": "It is 3."},
        {"role": "user", "content": "And 4? " * 20},  # more than fits: the first turn is left out
    ],
]


def talks_of(talker: Talker, **options: Any) -> tuple[list[Talk], list[list[str]]]:
    """Conversations to be answered, and what is heard of each."""
    heard = [list[str]() for _ in TALKS]
    given = Generation("", chat=True, **({"temperature": 0.0} | options))
    texts = map(talker.conversation, TALKS)
    return [Talk(x, given, pieces.append) for x, pieces in zip(texts, heard, strict=True)], heard


@pytest.fixture(scope="module")
def talker(run: Path) -> Talker:
    return Talker(weitiao.load(run, device="cpu"), 40)


def answered(talker: Talker, talks: list[Talk]) -> list[Answer]:
    for _ in talker.answer(talks):
        pass
    return [talk.answer.result(0) for talk in talks]


def test_who_hears_it_grow_hears_what_it_predicts(talker: Talker) -> None:
    known = talker.predict([talker.conversation(one) for one in TALKS])
    talks, heard = talks_of(talker)
    said = answered(talker, talks)
    assert [one.text for one in said] == known.labels
    assert [one.text for one in said] == [*map("".join, heard)]
    assert [one.ids for one in said] == known.columns["ids"]
    assert [one.ended for one in said] == known.columns["ended"]
    assert [one.cut for one in said] == known.columns["cut"] == [False, True, True]
    assert max(map(len, heard)) > 9


def test_drawing_stops_and_length_are_of_each_talk(talker: Talker) -> None:
    drawn = {"temperature": 1.0, "length": 9}
    some = talks_of(talker, **drawn, seed=3)[0], talks_of(talker, **drawn, seed=4)[0]
    short = talks_of(talker, length=2)[0]
    found = answered(talker, [*some[0], *some[1], *short])
    free, other, cut = found[:3], found[3:6], found[6:]
    assert free != other
    assert [(one.ids, one.ended) for one in cut] == [(2, False)] * 3
    alone = [answered(talker, [talk])[0] for talk in talks_of(talker, **drawn, seed=3)[0]]
    assert alone == free  # whatever stands beside it
    stop = free[0].text[3]
    stopped, heard = talks_of(talker, **drawn, seed=3, stop=[stop])
    (said,) = answered(talker, stopped[:1])
    assert said.text == "".join(heard[0]) == free[0].text.partition(stop)[0]
    assert said.ended


def test_a_talk_that_cant_begin_leaves_the_others_alone(talker: Talker) -> None:
    known = answered(talker, talks_of(talker, length=5)[0])
    bad, _ = talks_of(talker, temperature=10**400)  # no number of 64 bits
    whole, _ = talks_of(talker, temperature=2, length=5)
    talks, _ = talks_of(talker, length=5)
    for _ in talker.answer([bad[0], *talks, whole[0]]):
        pass
    assert isinstance(bad[0].answer.exception(0), OverflowError)
    assert [talk.answer.result(0) for talk in talks] == known
    assert whole[0].answer.result(0).ids <= 5


@pytest.mark.parametrize("longest", range(1, 7))
def test_answers_may_be_cut_anywhere_but_within_a_character(longest: int, run: Path) -> None:
    talker = Talker(weitiao.load(run, device="cpu"), longest)
    talks, _ = talks_of(talker)
    said = answered(talker, talks)
    known = talker.predict([talk.text for talk in talks])
    assert known.labels == [one.text for one in said]
    assert {one.ids for one in said} == {*known.columns["ids"]} == {longest}


def test_nothing_is_said_to_who_has_gone(talker: Talker) -> None:
    talks, heard = talks_of(talker, length=9)
    for step, _ in enumerate(talker.answer(talks[:2]), 1):
        if step == 3:
            talks[0].answer.cancel()
            before = len(heard[0])
    assert step == talks[1].answer.result(0).ids == 9
    assert len(heard[0]) <= before + 1 < 9


ASKED = {"role": "user", "content": "What is 7?"}
ANSWERED = [ASKED, {"role": "assistant", "content": "It is 7."}]


def test_rows_have_the_columns_of_any_file_of_conversations(talker: Talker) -> None:
    rows: list[Any] = [
        {"prompt": "What is 7?", "completion": "is not read"},
        {"messages": [ASKED]},
        {"messages": ANSWERED},
        {"messages": np.array(ANSWERED, object), "good": float("nan")},  # as pandas has them
        {"conversations": [{"from": "human", "value": "What is 7?"}]},
        {"prompt": [ASKED], "chosen": ANSWERED[1:], "rejected": ANSWERED[1:]},
        {"text": [ASKED]},
        {"instruction": "What is", "input": "7?", "history": None},
    ]
    assert talker.predict([{"prompt": np.int64(7)}]).cleaned == ["7"]
    found = talker.predict(rows)
    assert found.cleaned == [*["What is 7?"] * 7, "What is\n7?"]
    assert {*found.labels[:7]} == {*talker.predict(["What is 7?"]).labels}
    beside = {"query": "And?", "history": [["What is 7?", "7."]], "system": "Be brief."}
    (read,) = talker.predict([beside]).cleaned
    assert [one.content for one in messages_in(read)] == ["Be brief.", "What is 7?", "7.", "And?"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (ASKED, "row 2, column 'text': no such column, nor one of a prompt .*is .conversation."),
        ({"frage": "7?"}, r"no such column, nor one of a prompt .*\n.*\{\"messages\": \[…\]\}"),
        ({1: "7?"}, "no such column"),
        ({"question": None}, "row 2, column 'question': is missing"),
        ({"question": float("nan")}, "row 2, column 'question': is missing"),
        ({"question": b"7?"}, "row 2, column 'question': is missing, or no text"),
        ({"messages": []}, "row 2, column 'messages': the conversation is empty"),
        ({"messages": "7?"}, "row 2, column 'messages': this is no list of messages"),
        ({"messages": [ANSWERED[1]]}, "column 'messages': the conversation begins with an answer"),
        ({"prompt": "a", "history": 3}, "row 2, column 'history': '3' is no list of pairs|JSON"),
        (("7?", "7."), "row 2: this is not a text or a list of messages"),
    ],
)
def test_a_row_at_fault_is_named_with_its_column(row: Any, problem: str, talker: Talker) -> None:
    with pytest.raises(DataError) as fault:
        talker.predict(["What is 7?", row])
    assert re.search(problem, str(fault.value), re.DOTALL)


def test_it_answers_only(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"^model: .* tuned to answer.*\n.*chat true"):
        Speaker.open(str(run), chat=False)


def test_a_run_of_another_kind_is_refused(trained: Path) -> None:
    with pytest.raises(ConfigError, match="isn't a run whose model answers"):
        Speaker.open(str(trained / "logs" / "latest"), chat=True)
