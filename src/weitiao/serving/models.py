"""The served models, by name, and a watch that replaces one when a newer one appears."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from weitiao.config.commands import command
from weitiao.errors import ConfigError, WeitiaoError
from weitiao.evaluation.predictor import Predictions
from weitiao.generation.talks import LIKELIEST, Talk, unheard
from weitiao.io.checkpoint_file import checkpoint_of
from weitiao.io.nearby import runs_near

DEFAULT = "default"
"""The name of a model that was given none."""


class Model(Protocol):
    """What can be served: `weitiao.load` gives one."""

    @property
    def classes(self) -> Sequence[str]:
        """The labels that have a probability; a regression has none."""

    @property
    def pair(self) -> bool:
        """Whether a row is two texts."""

    @property
    def options(self) -> bool:
        """Whether the second is a list of options."""

    @property
    def chat(self) -> bool:
        """Whether a row may be a conversation."""

    def conversation(self, row: Any) -> Any:
        """One as a text; what is none, as it is. Asked only of models that may get one."""

    def predict(self, rows: Sequence[Any]) -> Predictions:
        """Label texts, or pairs of them."""


class ChatModel(Model, Protocol):
    """What can be heard while it answers: a `Talker`."""

    def answer(self, talks: Sequence[Talk]) -> Iterator[None]:
        """Answer conversations side by side, an id of each at a time."""


Load = Callable[[Path], Model]
State = tuple[str, int, int, int]
"""By which a file is known to be another: its path behind links, inode, size and time."""


def named_runs(runs: Sequence[str]) -> dict[str, Path]:
    """The runs to serve, by name.

    Args:
        runs: ``NAME=RUN`` each, or one alone without a name.

    Raises:
        ConfigError: there is no run, or a name is missing, stands twice or is none.
    """
    if not runs:
        raise ConfigError(": none is named", field="runs", hint=command("serve", "logs/latest"))
    found: dict[str, Path] = {}
    for run in runs:
        name, given, path = run.partition("=")
        if not given or Path(run).exists():
            name, path = DEFAULT, run
            if len(runs) > 1:
                problem = f": of several models each has a name, {run} has none"
                raise ConfigError(problem, field="runs", hint=f"NAME={run}")
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            problem = f": {name!r} is no name of a model"
            raise ConfigError(problem, field="runs", hint="letters, digits, - . _")
        if name in found:
            raise ConfigError(f": two models are called {name}", field="runs")
        found[name] = Path(path)
    return found


@dataclass(eq=False)
class Served:
    """A model at work.

    Args:
        run: its run, or checkpoint.
        state: of the checkpoint that it was read from.
        since: seconds since 1970 when it was read.
        problem: why a newer one was not taken; null = there is none.
        seen: the state of the checkpoint when it was looked at last.
    """

    run: Path
    model: Model
    state: State
    since: float = field(default_factory=time.time)
    problem: str | None = None
    seen: State | None = None


class Models(Mapping[str, Served]):
    """Models by name.

    Args:
        runs: by name; all are read now.
        load: reads one.
        report: takes a line on what has changed.

    Raises:
        ConfigError: a run can't be read.
    """

    def __init__(
        self, runs: Mapping[str, Path], load: Load, report: Callable[[str], object] = print
    ) -> None:
        self._load, self._report = load, report
        self._served = {name: Served(run, *self._read(run)) for name, run in runs.items()}
        self._ended = threading.Event()

    def __getitem__(self, name: str) -> Served:
        return self._served[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._served)

    def __len__(self) -> int:
        return len(self._served)

    def watch(self, seconds: float) -> None:
        """Look for newer checkpoints from now on, every so many seconds, in a thread."""

        def look() -> None:
            while not self._ended.wait(seconds):
                self.look()

        threading.Thread(target=look, name="watch", daemon=True).start()

    def close(self) -> None:
        """Watch no more."""
        self._ended.set()

    def look(self) -> None:
        """Take each checkpoint that is another now, and was the same at the last look.

        A file that is just being written changes from look to look. A model that can't be read
        leaves the old one at work. Requests that have begun end with the model they began with.
        """
        for name, served in self._served.items():
            now = _state(served.run)
            settled, served.seen = now == served.seen, now
            if now is None or not settled or now == served.state:
                continue
            try:
                model, state = self._read(served.run)
            except Exception as error:  # whatever it is, the old model answers
                served.problem = f"a newer model was not taken: {_described(error)}"
                served.state = now  # it is not tried again until it changes
                self._report(f"! {name}: {served.problem}\n  → the old one goes on answering")
                continue
            self._served[name] = Served(served.run, model, state)
            self._report(f"{name}: took the newer model of {served.run}")

    def _read(self, run: Path) -> tuple[Model, State]:
        state = _state(run)
        if state is None:
            problem, hint = f": there is no model at {run}", runs_near(run)
            if (run / "config.json").is_file():
                problem = f": {run} is a model that wasn't trained here, and runs are served"
                asked = command("generate", "--model", run, "--chat", "true")
                hint = f"if it chats, it answers in the terminal: {asked}"
            raise ConfigError(problem, field="runs", hint=hint)
        model = self._load(run)
        _try(model)
        return model, state


def _try(model: Model) -> None:
    """Ask something: the first text is slow, and what can't answer is refused now."""
    if model.chat:  # a whole answer may take a minute
        talk = Talk("好", replace(LIKELIEST, length=1), unheard)
        for _ in cast(ChatModel, model).answer([talk]):
            pass
        talk.answer.result(0)
    else:
        model.predict([_any_row(model)])


def _any_row(model: Model) -> Any:
    if model.options:
        return "好", '["好", "good"]'
    return ("好", "good") if model.pair else "好"


def _state(run: Path) -> State | None:
    """The state of a run's checkpoint; null = there is none, such as while a run begins."""
    try:
        path = checkpoint_of(run).resolve()
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns


def _described(error: Exception) -> str:
    return error.described() if isinstance(error, WeitiaoError) else type(error).__name__
