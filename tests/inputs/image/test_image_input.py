"""Pictures from files to the tensor of a model: once, and the same at every use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from small_pictures import stripes, table_of, write_pictures

from weitiao.data.datamodule import DataModule
from weitiao.data.new_rows import NewRows
from weitiao.errors import ConfigError, DataError
from weitiao.inputs import Draws
from weitiao.inputs.image import Augment, Image
from weitiao.inputs.image import fitted as fitting
from weitiao.inputs.image.near_duplicates import near_duplicates


def module(folder: Path, **options: Any) -> DataModule:
    read = {name: options.pop(name) for name in ("test", "on_bad_row") if name in options}
    return DataModule(
        train=str(folder / "train"),
        input=Image(size=16, **options),
        cache=str(folder / "cache"),
        **read,
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "train", 12)
    return tmp_path


def test_training_rows_have_mean_0_and_deviation_1(place: Path) -> None:
    data = module(place)
    rows = data.fitted.rows(data.prepared.ids("train"))
    found = rows.collate(Draws(np.arange(len(rows.lengths)), np.arange(0), 0))["inputs"]["pixels"]
    assert found.shape == (len(rows.lengths), 3, 16, 16)
    assert found.dtype == torch.float32
    assert found.mean((0, 2, 3)).abs().max() < 1e-5
    assert (found.std((0, 2, 3), correction=0) - 1).abs().max() < 1e-4
    grey = module(place, colours="grey", mean=[0.25], deviation=[0.5])
    assert grey.card.input.shape == (1, 16, 16)  # type: ignore[attr-defined]
    assert (grey.card.input.mean, grey.card.input.deviation) == ((0.25,), (0.5,))  # type: ignore[attr-defined]


@pytest.mark.parametrize("square", ["stretch", "crop", "pad"])
def test_a_picture_is_the_same_tensor_in_training_test_and_prediction(
    place: Path, square: Any
) -> None:
    stripes("down", 99, side=33).resize((40, 25)).save(place / "train" / "down" / "odd.png")
    options = {"square": square, "interpolation": "bicubic"}
    trained = module(place, **options)
    (batch, *_) = trained.plain_loader("train")
    texts = trained.rows("train")["text"].to_pylist()
    state = trained.state_dict()

    tested = DataModule(test=str(place / "train"), input=Image(size=16, **options))
    tested.load_state_dict(state)
    of_test = {}
    for rows in tested.test_dataloader():
        cells = tested.rows("test")["text"].take(rows["row"].numpy()).to_pylist()
        of_test |= dict(zip(cells, rows["inputs"]["pixels"], strict=True))

    new = NewRows(input=Image(size=16, **options))
    new.load(state)
    cells = [str(place / "train" / text) for text in texts]
    found = new.encode(new.of_cells({"text": cells}))
    of_new = {}
    for rows in found.batches:
        of_new |= dict(zip(rows["row"].tolist(), rows["inputs"]["pixels"], strict=True))
    for row, pixels in zip(batch["row"].tolist(), batch["inputs"]["pixels"], strict=True):
        assert torch.equal(pixels, of_test[texts[row]])
        assert torch.equal(pixels, of_new[row])


def test_the_cache_sees_the_pictures_and_not_only_their_names(place: Path) -> None:
    first = module(place).prepared.folder
    assert module(place, augment=Augment(), cache_limit=5).prepared.folder == first
    path = place / "train" / "down" / "003.png"
    stripes("down", 77).save(path)
    os.utime(path, ns=(1, 1))
    second = module(place).prepared.folder
    assert second != first
    assert module(place, square="crop").prepared.folder not in (first, second)


def test_pixels_beyond_the_limit_are_refused_with_what_they_would_take(place: Path) -> None:
    with pytest.raises(ConfigError, match=r"24 pictures take 0\.0 GiB") as found:
        _ = module(place, cache_limit=1e-6).prepared
    assert found.value.field == "cache_limit"


def test_many_pixels_wait_on_the_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(place / "train", [f"down/{n:03}.png" for n in range(12)])
    made = module(place).fitted
    before = made.encode(table)
    monkeypatch.setattr(fitting, "IN_MEMORY", 0)
    rooms = []
    room = fitting._room
    monkeypatch.setattr(fitting, "_room", lambda *a: rooms.append(room(*a)) or rooms[-1])
    assert made.encode(table).equals(before)
    assert isinstance(rooms[0], np.memmap)


def test_a_picture_that_changed_since_it_was_read_is_named(place: Path) -> None:
    table = table_of(place / "train", ["down/000.png", "down/001.png"])
    (place / "train" / "down" / "001.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"row 14, column 'path'.*empty.*down/001\.png"):
        module(place).fitted.encode(table)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"size": 7}, "size"),
        ({"mean": [0.5]}, "mean"),
        ({"deviation": [0.5, 0.0, 0.5]}, "deviation"),
    ],
)
def test_impossible_options_are_refused(options: Any, field: str) -> None:
    with pytest.raises(ConfigError) as found:
        Image(**options)
    assert found.value.field == field


def test_the_audit_finds_copies_leaks_and_pictures_of_no_use(place: Path) -> None:
    train, test = place / "train", write_pictures(place / "test", 6, seed=100)
    picture = Pillow.open(train / "down" / "000.png")
    picture.save(train / "down" / "copy.webp", lossless=True)  # other bytes, the same pixels
    Pillow.open(train / "across" / "001.png").save(test / "across" / "leak.png")
    Pillow.new("RGB", (20, 20), "red").save(train / "down" / "flat.png")
    stripes("down", 50).resize((9, 90)).save(train / "down" / "long.png")
    data = module(place, test=str(test))
    audit = data.prepared.audit
    assert audit["audit"]["removed"] == {"conflicts": 0, "leaks": 1, "duplicates": 1}
    assert audit["audit"]["found"]["train"]["duplicates"] == 1
    lines = "\n".join(data.fitted.handling(audit, data.card.rows))
    assert "16 × 16 × 3, stretch, bilinear" in lines
    for what in (
        "of one colour: train",
        "below 16 pixels: train",
        "long as wide, or the reverse: train",
    ):
        assert what in lines
    found = audit["encode"]
    for kind in ("blank", "tiny", "odd"):  # each stands in train or in the val that is made of it
        assert sum(each[kind] for each in found.values()) == 1
        assert {each[f"first_{kind}"] for each in found.values()} - {None}


def test_pictures_that_are_nearly_the_same_are_counted_and_named(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    blobs = random.integers(0, 256, (6, 6, 3), np.uint8)
    picture = Pillow.fromarray(blobs).resize((90, 90), Pillow.Resampling.BICUBIC)
    other = Pillow.fromarray(random.integers(0, 256, (6, 6, 3), np.uint8)).resize((90, 90))
    picture.save(tmp_path / "a.png")
    picture.resize((61, 61)).save(tmp_path / "small.jpg", quality=60)
    other.save(tmp_path / "other.png")
    picture.save(tmp_path / "copy.png")
    tables = {
        "train": table_of(tmp_path, ["a.png", "other.png", "copy.png"]),
        "test": table_of(tmp_path, ["small.jpg"]),
    }
    found = near_duplicates(tables)
    assert found["stands_in"] == {"train": {"test": 2}, "test": {"train": 1}}
    assert found["within"] == {"train": 0, "test": 0}  # the same pixels are duplicates
    assert found["examples"][0] == [f"{tmp_path}, row 1: a.png", f"{tmp_path}, row 1: small.jpg"]
