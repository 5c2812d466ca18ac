"""A prompt that is continued, or answered once."""

from collections.abc import Callable
from typing import Any

import torch
from rich.console import Console

from weitiao.errors import ConfigError
from weitiao.generation.choice import Choice
from weitiao.generation.conversation import asked
from weitiao.generation.options import BATCH, LENGTH, Generation
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.generation.wording import Said, Stream
from weitiao.io.dialogues.messages import Message
from weitiao.models.decoding import Row, go_on, in_batches
from weitiao.training.console import show_line


def texts(
    options: Generation,
    notes: Console | None = None,
    write: Callable[[str], None] | None = None,
) -> list[str]:
    """What a model says: after the prompt as it was typed or, to a message, alone.

    Args:
        notes: takes warnings: what of the prompt is unknown, what was cut.
        write: takes the first text while it grows.

    Raises:
        ConfigError: there is no such model, it isn't a causal one, or has no room.
    """
    speaker = Speaker.open(options.model, chat=options.chat)
    try:
        ids, length = _prompt(speaker, options, notes)
    except Unsayable as error:
        raise ConfigError(str(error), hint=error.hint) from error
    shown = "" if options.chat else options.prompt
    wording = speaker.wording(options, shown, ids)
    if options.beams > 1:
        found = _searched(speaker, ids, length, options)
        return [shown + wording.done(each).text for each in found]
    stream = Stream(wording, write) if write else None
    rows = [
        Row(ids, length, number, wording.stops if options.stop else None)
        for number in range(options.count)
    ]
    if stream and write:
        rows[0].heard = stream.hear
        write(shown)
    choice = Choice(options)
    for some in in_batches(rows, BATCH):
        go_on(speaker.model, some, choice, speaker.ends)
    if stream:
        stream.end(rows[0].ids)
    said = [wording.done(row.ids) for row in rows]
    if notes:
        if options.chat:
            tell_cut(rows, notes)
        tell_torn(said, notes)
    return [shown + each.text for each in said]


def tell_cut(rows: list[Row], notes: Console) -> None:
    """Say which answers neither the model nor a stop string has ended."""
    if cut := sum(not row.ended for row in rows):
        which = "the answer" if len(rows) == 1 else f"{cut} of {len(rows)} answers"
        show_line(f"! {which} ended at {rows[0].length} ids, not by itself", notes)


def tell_torn(said: list[Said], notes: Console) -> None:
    """Say where a text ended within a character."""
    if count := sum(each.torn for each in said):
        where = "the text ended" if len(said) == 1 else f"{count} of {len(said)} texts ended"
        show_line(f"! {where} within a character, which is left out", notes)


def _prompt(speaker: Speaker, options: Generation, notes: Console | None) -> tuple[list[int], int]:
    """Ids of the prompt, and how many may follow."""
    if options.chat:
        ids, length, _ = asked(speaker, [Message("user", options.prompt)], options)
        unknown = speaker.unknown(options.prompt)
    else:
        ids, unknown = speaker.encode(options.prompt)
        length = speaker.length(len(ids), options, LENGTH)
    if notes and unknown:
        show_line(f"! the model doesn't know {unknown}", notes)
    return ids, length


def _searched(speaker: Speaker, ids: list[int], length: int, options: Generation) -> Any:
    """The likeliest whole texts, without the prompt."""
    prompt = torch.tensor([ids])
    with torch.inference_mode():
        found = speaker.model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=length,
            num_beams=options.beams,
            num_return_sequences=options.count,
            do_sample=False,
            eos_token_id=sorted(speaker.ends) or None,
            pad_token_id=speaker.pad_id,
        )
    return found[:, len(ids) :].tolist()
