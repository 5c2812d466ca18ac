"""A checkpoint is values: whatever stands in it, opening it runs nothing of its maker's."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import reviews, write_csv

from weitiao.errors import WeitiaoError
from weitiao.evaluation.opening import open_checkpoint
from weitiao.training.fit import fit

TRAIN = Path(__file__).parents[2] / "src" / "train.py"
SYSTEM = {"class_path": "os.system", "init_args": {"command": "touch owned"}}
PROCESS = {"class_path": "subprocess.Popen", "init_args": {"args": ["touch", "owned"]}}
FUNCTION = {"class_path": "planted.touch", "init_args": {}}
PAYLOADS: dict[str, Any] = {
    "system": SYSTEM,
    "process": PROCESS,
    "json": json.dumps(SYSTEM),
    "yaml": "!!python/object/apply:os.system ['touch owned']",
}
BERT = {
    "class_path": "weitiao.models.backbones.pretrained.Pretrained",
    "init_args": {
        "name": "bert",
        "lora": {"rank": 2},
        "config": {"model_type": "bert", "hidden_size": 12, "rope": {"kind": ["none"]}},
    },
}
GROUPS = ("hyper_parameters", "datamodule_hyper_parameters")
Place = tuple[Any, ...]


@pytest.fixture
def good(run_of: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The content of a checkpoint; in the working folder lies a module that can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    planted = "from pathlib import Path\nPath('owned').touch()\ntouch = Path('owned').touch\n"
    (tmp_path / "planted.py").write_text(planted, "utf-8")
    return torch.load(run_of / "checkpoints" / "best.ckpt", weights_only=True)


def opened(content: dict[str, Any]) -> str:
    """What is told of a checkpoint of that content, which must not run anything."""
    torch.save(content, "evil.ckpt")
    try:
        open_checkpoint(Path("evil.ckpt"), {}, trust_remote_code=False)
    except WeitiaoError as error:
        return str(error)
    finally:
        assert not Path("owned").exists()
    return ""


@pytest.mark.parametrize("payload", [SYSTEM, PROCESS, FUNCTION, "os.system", ["os.system"]])
def test_only_a_backbone_of_ours_is_made(good: dict[str, Any], payload: Any) -> None:
    good["hyper_parameters"]["backbone"] = payload
    own = "\n  → if you trust it: --allow_code planted" if payload is FUNCTION else ""
    assert opened(good).endswith(f"no backbone of weitiao{own}")


@pytest.mark.parametrize("payload", [SYSTEM, FUNCTION, {"class_path": "planted.touch.x"}])
def test_a_configuration_calls_nothing_either(good: dict[str, Any], payload: Any) -> None:
    for option in ("model.backbone", "model.objective", "data.input", "trainer.callbacks"):
        with pytest.raises(WeitiaoError, match="is no code of weitiao"):
            fit({option: payload, "data.train": "my.csv", "recipe": "none"}, quiet=True)
    assert not Path("owned").exists()


def test_a_file_allows_nothing(good: dict[str, Any]) -> None:
    Path("own.yaml").write_text("allow_code: planted\nmodel: {backbone: planted.touch}\n", "utf-8")
    with pytest.raises(WeitiaoError, match=r"own.yaml: a file can't allow code\n  → give --allow"):
        fit({"config": "own.yaml", "data.train": "my.csv"}, quiet=True)
    assert not Path("owned").exists()


@pytest.mark.parametrize("name", ["os", "planted.touch", "absent", "a b"])
def test_only_a_module_of_ones_own_can_be_allowed(good: dict[str, Any], name: str) -> None:
    with pytest.raises(WeitiaoError, match=f"^allow_code.*{name[0]}"):
        fit({"allow_code": name, "data.train": "my.csv"}, quiet=True)


def test_a_configuration_of_transformers_calls_nothing(good: dict[str, Any]) -> None:
    backbone = copy.deepcopy(BERT)
    backbone["init_args"]["config"] |= {"some": SYSTEM, "more": [json.dumps(SYSTEM)]}
    good["hyper_parameters"]["backbone"] = backbone
    assert opened(good)


@pytest.mark.slow
def test_a_backbone_of_the_users_own_is_made_if_allowed(good: dict[str, Any]) -> None:
    imported = "from weitiao.models.backbones.transformer import Transformer\n"
    Path("mine.py").write_text(f"{imported}class Mine(Transformer): pass\n", "utf-8")
    good["hyper_parameters"]["backbone"]["class_path"] = "mine.Mine"
    assert "'mine.Mine', which is no backbone of weitiao" in opened(good)
    write_csv(Path("new.csv"), reviews(3))
    predict = ("predict", "--ckpt_path=evil.ckpt", "--data.predict=new.csv")
    done = subprocess.run(  # a process of its own, since every parser would now know the class
        [sys.executable, str(TRAIN), *predict, "--allow_code=mine"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(Path("predictions.csv").read_text("utf-8").splitlines()) == 4


def places(tree: Any, at: Place = ()) -> Iterator[Place]:
    """The way to each value of a tree of mappings and lists."""
    inner = tree if isinstance(tree, dict) else dict(enumerate(tree if type(tree) is list else ()))
    for key, value in inner.items():
        yield (*at, key)
        yield from places(value, (*at, key))


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("backbone", ["own", "pretrained"])
def test_nothing_runs_wherever_a_name_to_call_stands(
    good: dict[str, Any], name: str, backbone: str, full: bool, record_property: Any
) -> None:
    if backbone == "pretrained":
        good["hyper_parameters"]["backbone"] = copy.deepcopy(BERT)
    found = [(group, *place) for group in GROUPS for place in places(good[group])]
    assert len(found) > 60
    for place in found if full else found[len(name) % 4 :: 4]:
        content = copy.deepcopy(good)
        around: Any = content
        for key in place[:-1]:
            around = around[key]
        around[place[-1]] = copy.deepcopy(PAYLOADS[name])
        content["DataModule"]["card"] = content["hyper_parameters"]["card"]
        opened(content)
    record_property("cases", len(found) if full else len(found) // 4)
