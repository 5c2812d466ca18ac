"""Every option does something: another value changes data, loss, order, scores or files.

A new option fails `test_every_option_has_an_entry` until option_effects says what it changes.
"""

from __future__ import annotations

import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from option_effects import EFFECTS, Effect
from option_evidence import FAULTS, USE, evidence, training
from option_world import TRAIN, make_world

from weitiao.config.parser import flat

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Files, models, and two trained runs; never written to after that."""
    folder = tmp_path_factory.mktemp("world")
    patch = pytest.MonkeyPatch()
    patch.setattr(
        "transformers.dynamic_module_utils.HF_MODULES_CACHE", str(folder.parent / "modules")
    )
    patch.setattr(sys, "argv", ["train.py"])
    patch.chdir(folder)
    make_world(folder)
    yield folder
    patch.undo()


@pytest.fixture
def fresh(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Makes a copy of the world and goes there."""
    made: list[Path] = []

    def copy() -> Path:
        made.append(shutil.copytree(world, tmp_path / str(len(made)), symlinks=True))
        monkeypatch.chdir(made[-1])
        return made[-1]

    return copy


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, ...], Any]:
    """Evidence of values that many options start from."""
    return {}


# -- the tests -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written_options() -> dict[str, Any]:
    """What docs/write_options.py defines."""
    return runpy.run_path(str(ROOT / "docs" / "write_options.py"))


@pytest.mark.parametrize("verb", EFFECTS)
def test_every_option_has_an_entry(verb: str, written_options: dict[str, Any]) -> None:
    found = {f"{o.group}/{o.name}" for o in written_options["options"]()[verb]}
    ours = {name for name in found if not name.startswith("trainer/")}
    entries = {name for name in EFFECTS[verb] if not name.startswith("trainer/")}
    assert ours - entries == set(), "new options: say in option_effects what they change"
    assert entries - ours == set(), "entries without an option"


def test_every_option_of_the_trainer_in_a_shipped_config_has_an_entry() -> None:
    named = {
        name.removeprefix("trainer.").split(".")[0]
        for path in (ROOT / "configs").rglob("*.yaml")
        for name in flat(yaml.safe_load(path.read_text("utf-8")))
        if name.startswith("trainer.")
    }
    entries = {k.rpartition(".")[2] for k in EFFECTS["train and fit"] if k.startswith("trainer/")}
    assert named == entries


def test_the_table_of_options_is_up_to_date(written_options: dict[str, Any]) -> None:
    now = written_options["markdown"]()
    assert (ROOT / "docs" / "options.md").read_text("utf-8") == now, "run `make docs`"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "name"), [(verb, name) for verb, entries in EFFECTS.items() for name in entries]
)
def test_another_value_changes_something(
    verb: str,
    name: str,
    fresh: Callable[[], Path],
    known: dict[tuple[str, ...], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    effect, option = EFFECTS[verb][name], name.rpartition("/")[2]
    base = [*USE.get(verb, TRAIN), *(more.replace("{verb}", verb) for more in effect.beside)]
    first = [*base, *([f"--{option}={effect.before}"] if effect.before else [])]
    fresh()
    if effect.mends:
        with pytest.raises(FAULTS):
            evidence(verb, effect, first, monkeypatch)
    elif (verb, effect.kind, *first) not in known:
        known[verb, effect.kind, *first] = evidence(verb, effect, first, monkeypatch)
        fresh()
    second = [*base, f"--{option}={effect.value}"]
    if effect.kind == "refused":
        with pytest.raises(FAULTS):
            evidence(verb, effect, second, monkeypatch)
        return
    after = evidence(verb, effect, second, monkeypatch)
    if effect.mends:
        return
    before = known[verb, effect.kind, *first]
    if effect.kind == "prepared":
        assert after[0] != before[0], "found in the cache of another value"
        before, after = before[1], after[1]
    assert after != before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["prepared", "loss", "order", "schedule", "scores", "run"])
def test_the_same_values_change_nothing(
    kind: Any, fresh: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for _ in range(2):
        fresh()
        found.append(evidence("train and fit", Effect(kind, ""), [*TRAIN], monkeypatch))
    assert found[0] == found[1]


def test_overfitting_takes_the_same_batches_each_epoch(fresh: Callable[[], Path]) -> None:
    fresh()
    arguments = [*TRAIN, "--trainer.overfit_batches=2"]
    order = training(arguments, validating=False)["order"]
    assert [rows for epoch, rows in order if epoch == 0] == [rows for e, rows in order if e == 1]
