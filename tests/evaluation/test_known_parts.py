"""Whoever opens a checkpoint knows every part of ours that a training can name.

A process of its own, since the tests beside this one import much more.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys

import pytest

import weitiao
from weitiao.inputs import Input
from weitiao.models.backbones.base import Backbone
from weitiao.objectives.base import Objective
from weitiao.targets import Target

KINDS = {"backbone": Backbone, "input": Input, "objective": Objective, "target": Target}
SAY = """
import json
from weitiao.evaluation import opening
from weitiao.training.trusted import Backbone, Input, Objective, Target, _names
kinds = {"backbone": Backbone, "input": Input, "objective": Objective, "target": Target}
print(json.dumps({part: sorted(set(_names(kind))) for part, kind in kinds.items()}))
"""


@pytest.fixture(scope="module")
def known() -> dict[str, list[str]]:
    """Names of classes, as they may stand in a checkpoint, by part."""
    done = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("part", KINDS)
def test_every_part_of_ours_is_known(part: str, known: dict[str, list[str]]) -> None:
    rooms = ("weitiao.models.backbones", "weitiao.inputs", "weitiao.objectives", "weitiao.targets")
    for module in pkgutil.walk_packages(weitiao.__path__, "weitiao."):
        if module.name.startswith(rooms):
            importlib.import_module(module.name)
    classes, found = [KINDS[part]], set()
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        if not inspect.isabstract(kind) and kind.__module__.startswith("weitiao."):
            found.add(kind.__qualname__)
    assert {name.rpartition(".")[2] for name in known[part]} >= found
    assert len(found) > 3
