"""A small world in which every option has something to do: files, models, trained runs."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import torch
from chat_models import CHATML, write_chat_model
from conftest import reviews, write_csv
from small_pictures import stripes, write_pictures
from tones import write_tones
from writing_models import write_t5

from weitiao.training.fit import fit

TRAIN = (
    "--data.train=my.csv",
    "--model.backbone=Transformer",
    "--model.backbone.layers=1",
    "--model.backbone.width=16",
    "--data.batch.size=16",
    "--trainer.accelerator=cpu",
    "--trainer.devices=1",
    "--trainer.max_epochs=2",
    "--trainer.enable_progress_bar=false",
    "--run.threads=1",
)
HEADER = ("text", "other", "label", "stars", "turned", "author", "no", "spans", "answers", "alike")
HEADER += ("options", "answer", "talk")
SPANS = '[[0, 2, "首"], [2, 3, "二"], [4, 5, "首"]]'


def rows() -> list[tuple[str, ...]]:
    """Unbalanced classes, duplicates, a conflict, and texts that cleaning changes."""
    ornaments = (
        "！！！！！",
        "，见 http://a.cn/x 。",
        "😀",
        "ＡＢＣ abc ABC",
        "<b>好</b>",
        "小明硕士毕业",
    )
    found = [row for row in reviews(150) if row[1] == "好评" or len(row[0]) % 2]
    texts = [(f"{text}{ornaments[i % 6]}", label) for i, (text, label) in enumerate(found)]
    texts += [texts[0], texts[1], (texts[2][0], "差评"), (texts[2][0], "好评")]
    turn = {"好评": "差评", "差评": "好评"}
    return [
        (
            *(text, text[::-1], label, str(1 + i % 3), turn[label], f"author {i % 15}", f"no {i}"),
            *(SPANS, f'[[0, 2, "{text[:2]}"]]', str(i % 2)),
            *(f'["首", "二", "{label}"]', "ABC"[i % 3], talk(text, label)),
        )
        for i, (text, label) in enumerate(texts)
    ]


def talk(text: str, label: str) -> str:
    """A question after another one and its answer."""
    said = (("user", text), ("assistant", label), ("user", text[::-1]))
    return json.dumps([{"role": role, "content": content} for role, content in said])


def save_database(path: Path, rows: list[tuple[str, ...]]) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE reviews ({', '.join(HEADER)})")
        connection.executemany(f"INSERT INTO reviews VALUES ({', '.join('?' * len(HEADER))})", rows)
    connection.close()


def save_workbook(path: Path, sheets: dict[str, list[tuple[str, ...]]]) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in [HEADER, *rows]:
            sheet.append(row)
    book.save(path)


def save_bert(folder: Path, seed: int, **names: str) -> None:
    """A tiny BERT of 60 ids with its tokenizer of characters, whose ``names`` say what is what."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    hanzi = sorted({char for row in rows() for char in row[0]})[:58]
    units = {unit: i for i, unit in enumerate(["[PAD]", "[UNK]", *hanzi])}
    tokenizer = Tokenizer(models.WordLevel(units, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", **names).save_pretrained(
        folder
    )
    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=60, num_hidden_layers=2, **sizes)).save_pretrained(folder)


def save_bytes(folder: Path, **names: str) -> None:
    """A tokenizer of bytes that ends each text, as those of encoder–decoder models do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    units = ["[PAD]", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({unit: i for i, unit in enumerate(units)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    ends = [("</s>", 1)]
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=ends)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", additional_special_tokens=["[PAD]"], **names
    ).save_pretrained(folder)


def save_own_code(folder: Path) -> None:
    save_bert(folder, 0, pad_token="[PAD]")
    (folder / "own.py").write_text(
        "from transformers import BertConfig, BertModel\n"
        "class OwnConfig(BertConfig):\n    model_type = 'own-kind'\n"
        "class OwnModel(BertModel):\n    config_class = OwnConfig\n"
        "    supports_gradient_checkpointing = False\n"
    )
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    (folder / "config.json").write_text(
        json.dumps(config | {"model_type": "own-kind", "auto_map": own})
    )


def save_chats(folder: Path) -> None:
    """Models that answer: two, one that can't be packed, one with code of its own; a template."""
    (folder / "own.jinja").write_text(CHATML.replace("'<|im_end|>\n'", "'<|im_end|>'"), "utf-8")
    texts = [row[0] for row in rows()]
    write_chat_model(folder / "chat", texts=texts)
    write_chat_model(folder / "other_chat", texts=texts, initializer_range=0.3)
    write_chat_model(folder / "bloom_chat", texts=texts, kind="bloom", n_head=2, n_layer=2)
    own = write_chat_model(folder / "own_chat", texts=texts)
    (own / "own.py").write_text(
        "from transformers import LlamaConfig, LlamaForCausalLM\n"
        "class OwnConfig(LlamaConfig):\n    model_type = 'own-chat'\n"
        "class OwnModel(LlamaForCausalLM):\n    config_class = OwnConfig\n"
        "    def __init__(self, config):\n        super().__init__(config)\n"
        "        self.model.supports_gradient_checkpointing = False\n"
    )
    config = json.loads((own / "config.json").read_text())
    named = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}
    (own / "config.json").write_text(
        json.dumps(config | {"model_type": "own-chat", "auto_map": named})
    )


def make_world(folder: Path) -> None:
    """Fill the folder, which is the present one."""
    every = rows()
    write_csv(folder / "my.csv", every, HEADER)
    write_csv(folder / "more.csv", [*every[10:], *every[3:5]], HEADER)
    write_csv(folder / "val.csv", every[4:30], HEADER)
    write_csv(folder / "few.csv", every[4:8], HEADER)
    without = [(*row[:5], row[5] if i % 9 else "N/A", *row[6:]) for i, row in enumerate(every)]
    write_csv(folder / "nan.csv", without, HEADER)
    write_csv(folder / "special.csv", [(f"{row[0]}[PAD]", *row[1:]) for row in every], HEADER)
    shutil.copy("val.csv", "unnamed.dat")
    Path("gbk.csv").write_text(Path("val.csv").read_text("utf-8").replace("😀", ""), "gb18030")
    write_csv(folder / "bare.csv", [(row[0], row[2]) for row in every[5:]], every[4][::2][:2])
    Path("bad.csv").write_text(Path("my.csv").read_text("utf-8") + "cut,\n", "utf-8")
    lines = Path("my.csv").read_text("utf-8").splitlines()
    Path("semicolon.csv").write_text("\n".join(line.replace(",", ";") for line in lines), "utf-8")
    Path("wide.csv").write_text("\n".join([*lines, lines[-1] + ",more"]), "utf-8")
    save_workbook(folder / "my.xlsx", {"old": every[5:], "new": every})
    Path("words.txt").write_text("房间服务\n酒店\n很好\n", "utf-8")
    save_database(folder / "my.db", every)
    Path("all.sql").write_text("SELECT * FROM reviews ORDER BY no", "utf-8")
    hanzi = sorted({char for row in every for char in row[0] if not char.isspace()})
    lines = [f"{char} {i % 7 - 3} {i % 3 - 1} {i % 5 - 2}" for i, char in enumerate(hanzi)]
    Path("vectors.txt").write_text("\n".join(lines), "utf-8")
    Path("alike.txt").write_text("店 唐\n房 戾\n", "utf-8")
    words = enumerate(("酒店", "房间", "服务", "手机", "屏幕", "水果", "快递", "内容", "价格"))
    lines = [f"{word} {number} {number % 4}" for number, word in words]
    Path("words.vec").write_text("\n".join(lines), "utf-8")
    write_pictures(folder / "pictures", 20)
    stripes("down", 50).resize((40, 24)).save(folder / "pictures" / "down" / "wide.png")
    found = sorted((folder / "pictures").rglob("*.png"))
    named = [(str(path.relative_to(folder)), path.parent.name) for path in found]
    write_csv(folder / "pictures.csv", named, ("file", "label"))
    tones = write_tones(folder, 12, name="sounds.csv")
    Path("named.csv").write_text(tones.read_text("utf-8").replace("path", "file", 1), "utf-8")
    save_bert(folder / "bert", 0, pad_token="[PAD]")
    save_bert(folder / "other_bert", 1, pad_token="[PAD]")
    save_bert(folder / "bare_bert", 0)
    save_bytes(folder / "bytes", pad_token="[PAD]")
    save_bytes(folder / "bare_bytes")
    save_own_code(folder / "own_code")
    save_chats(folder)
    texts = [row[0] for row in every]
    write_t5(folder / "t5", texts=texts)
    write_t5(folder / "other_t5", texts=texts, initializer_factor=0.3)
    fit([*TRAIN, "--model.optim.lr=0.01"], "fit").folder.path.rename("kept")
    own = ("--model.backbone.name=own_code", "--model.backbone.trust_remote_code=true")
    small = ("--data.input.encode.tokenizer=bert", "--data.input.encode.max_length=24")
    fit([*TRAIN, "--model.backbone=Pretrained", *own, *small], "fit").folder.path.rename("own")
    shutil.move("own/checkpoints/best.ckpt", "own/checkpoints/a.ckpt")
    other = torch.load("kept/checkpoints/best.ckpt", weights_only=True)
    other["state_dict"]["objective.scorer.head.1.bias"][0] += 1
    torch.save(other, "kept/checkpoints/other.ckpt")
    shutil.rmtree("logs")
