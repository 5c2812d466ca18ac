"""A conversation in the terminal."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from weitiao.generation.choice import Choice
from weitiao.generation.conversation import asked
from weitiao.generation.options import Generation, is_text
from weitiao.generation.speaker import Speaker, Unsayable
from weitiao.generation.wording import Stream
from weitiao.io.dialogues.messages import Message
from weitiao.models.decoding import Row, go_on
from weitiao.training.console import show_line

EXIT, RESET = "/exit", "/reset"
_TEXT = "//"  # begins a text that begins with a slash
_COMMANDS = f"{EXIT} or Ctrl-D ends, {RESET} forgets"
_SIGN = "> "


def converse(options: Generation, notes: Console) -> None:
    """Answer what is typed, line by line, until the input ends.

    Args:
        notes: takes what isn't said by the model.

    Raises:
        ConfigError: there is no such model, or it can't chat.
    """
    speaker = Speaker.open(options.model, chat=True)
    terminal = sys.stdin.isatty()
    if terminal:
        show_line(f"{_COMMANDS}, Ctrl-C stops an answer", notes)
    conversation = Conversation(speaker, options, notes, _print)
    with _interrupts():
        for line in _lines(notes, terminal=terminal):
            if line == EXIT:
                return
            if line == RESET:
                conversation.reset()
            elif line.startswith("/") and not line.startswith(_TEXT):
                name = line.split()[0]
                way = f"a text that begins with / is typed with two: /{line}"
                show_line(f"! there is no command {name}: {_COMMANDS} → {way}", notes)
            elif line:
                conversation.answer(line.removeprefix("/"))


class Conversation:
    """What was said, and what is answered to the next message.

    Args:
        write: takes the answers as they grow.
    """

    def __init__(
        self, speaker: Speaker, options: Generation, notes: Console, write: Callable[[str], None]
    ) -> None:
        self.speaker, self.options, self.notes, self.write = speaker, options, notes, write
        self.messages: list[Message] = []
        self._choice, self._answers = Choice(options), 0

    def reset(self) -> None:
        """Forget what was said."""
        self.messages = []
        show_line("forgotten", self.notes)

    def answer(self, text: str) -> None:
        """Answer a message, and remember both; without an answer, report why and forget it."""
        messages = [*self.messages, Message("user", text)]
        try:
            ids, length, left_out = asked(self.speaker, messages, self.options)
        except Unsayable as error:
            show_line(f"! {error}" + (f" → {error.hint}" if error.hint else ""), self.notes)
            return
        if left_out:
            line = f"! the model has no room for all: the oldest {left_out} messages are left out"
            show_line(line, self.notes)
        if unknown := self.speaker.unknown(text):
            show_line(f"! the model doesn't know {unknown}", self.notes)
        said = self._say(ids, length)
        self.messages = [*messages, Message("assistant", said)]

    def _say(self, ids: list[int], length: int) -> str:
        """Let the model speak; Ctrl-C stops it."""
        stream = Stream(self.speaker.wording(self.options), self.write)
        row = Row(ids, length, self._answers, stream.hear)
        self._answers += 1
        stopped = False
        try:
            go_on(self.speaker.model, [row], self._choice, self.speaker.ends)
        except KeyboardInterrupt:
            stopped = True
        said = stream.end(row.ids)
        self.write("\n")
        if stopped or not row.ended:
            why = "you stopped it" if stopped else f"it ended at {len(row.ids)} ids, not by itself"
            torn = ", within a character, which is left out" if said.torn else ""
            show_line(f"! {why}{torn}", self.notes)
        return said.text


def _lines(notes: Console, *, terminal: bool) -> Iterator[str]:
    """What is typed, or comes on standard input, without white space around it."""
    if terminal:
        import readline  # noqa: F401  # `input` then edits lines and remembers them

    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure:  # bytes that are no text are reported below
        reconfigure(errors="surrogateescape")
    while True:
        try:
            line = input(_SIGN if terminal else "")
        except (EOFError, KeyboardInterrupt):
            if terminal:
                print()
            return
        if is_text(line):
            yield line.strip()
        else:
            show_line("! this is no text in UTF-8", notes)


def _print(text: str) -> None:
    print(text, end="", flush=True)


@contextmanager
def _interrupts() -> Iterator[None]:
    """Let Ctrl-C interrupt, where it would end the command."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
