"""Bad files: tables, their rows and cells, YAML, word vectors."""

from __future__ import annotations

import pickle

from bad_inputs import GOOD_CSV, ROWS, Bad, as_csv

LINES = GOOD_CSV.decode().splitlines()
VECTORS, CNN = ["--data.input.encode.vectors=my.vec"], ["--model.backbone=TextCNN"]

BAD_FILES = [
    Bad("missing_file", ["my.csv", "no such file"], None),
    Bad(
        "unfetched_corpus",
        ["corpus", "--data.train"],
        argv=["--data.train=.cache/corpus/reviews.csv"],
    ),
    Bad("misspelt_file", ["my.csv", "did you mean my.cvs"], None, files={"my.cvs": GOOD_CSV}),
    Bad("empty_file", ["my.csv", "empty"], b""),
    Bad("header_only", ["my.csv", "no row"], b"review,stars\n"),
    Bad("binary_file", ["my.csv", "text"], bytes(range(256)) * 40),
    Bad(
        "missing_column",
        ["my.csv", "'review'", "'text', 'stars'", "--data.input.text"],
        as_csv(ROWS, ("text", "stars")),
    ),
    Bad(
        "one_class", ["same label", "好评", "'stars'"], as_csv([(text, "好评") for text, _ in ROWS])
    ),
    Bad(
        "numbers_that_32_bits_do_not_tell_apart",
        ["my.csv", "'stars'", "in 32 bits all 60 numbers", "shift or scale"],
        as_csv([(text, str(10**12 + i)) for i, (text, _) in enumerate(ROWS)]),
        ["--task=regression", "--data.input.linear={}"],
    ),
    Bad(
        "row_without_label",
        ["my.csv", "row 4", "'stars'"],
        "\n".join([*LINES[:3], "没有标签,", *LINES[3:]]).encode(),
    ),
    Bad(
        "label_unseen_in_train",
        ["val.csv", "row 3", "'stars'", "'中评'"],
        argv=["--data.val=val.csv"],
        files={"val.csv": as_csv([("新的评论", "好评"), ("另一条评论", "中评")])},
    ),
    Bad(
        "val_without_labels",
        ["val.csv", "'stars'", "review"],
        argv=["--data.val=val.csv"],
        files={"val.csv": as_csv([("新的评论",), ("另一条评论",)], ("review",))},
    ),
    Bad(
        "unclosed_quote",
        ["my.csv", "row 5", "quot"],
        "\n".join([*LINES[:4], '"没有结束的引号,好评', *LINES[4:]]).encode(),
    ),
    Bad(
        "ragged_row",
        ["my.csv", "row 5", "3 cells"],
        "\n".join([*LINES[:4], "评论,好评,多了", *LINES[4:]]).encode(),
    ),
    Bad(
        "mixed_encodings",
        ["my.csv", "row 61", "--data.encoding"],
        "\n".join(LINES[:-1]).encode() + "\n这家酒店的服务非常好,好评\n".encode("gb18030"),
    ),
    Bad(
        "header_again",
        ["my.csv", "row 5", "the header again", "--data.on_bad_row quarantine"],
        "\n".join([*LINES[:4], '\ufeff"review", "stars"', *LINES[4:]]).encode(),
    ),
    Bad(
        "separator_that_is_not_there",
        ["my.csv", "'review,stars'", "--data.separator"],
        argv=["--data.separator=;"],
    ),
    Bad(
        "nested_json",
        ["my.json", "as in SQuAD", '[{"review": …, "stars": …}, …]'],
        None,
        ["--data.train=my.json"],
        {"my.json": b'{"version": "1.1", "data": [{"title": "a", "paragraphs": [{"qas": []}]}]}'},
    ),
    Bad(
        "unknown_suffix",
        ["my.dat", "--data.format"],
        None,
        ["--data.train=my.dat"],
        {"my.dat": GOOD_CSV},
    ),
    Bad("broken_yaml", ["my.yaml"], argv=["--config=my.yaml"], files={"my.yaml": b"data: [1,\n"}),
    Bad(
        "binary_yaml", ["my.yaml"], argv=["--config=my.yaml"], files={"my.yaml": bytes(range(256))}
    ),
    Bad(
        "yaml_that_holds_itself",
        ["my.yaml", "holds itself"],
        argv=["--config=my.yaml"],
        files={"my.yaml": b"a: &x [*x]\n"},
    ),
    Bad(
        "number_without_end_in_yaml",
        ["my.yaml", "digits"],
        argv=["--config=my.yaml"],
        files={"my.yaml": b"seed_everything: " + b"9" * 5000},
    ),
    Bad(
        "words_for_numbers",
        ["my.csv", "row 2", "'stars'", "not a number"],
        argv=["--task=regression"],
    ),
    Bad(
        "score_that_is_nan",
        ["my.csv", "row 4", "'stars'", "no finite number", "'nan'", "--data.placeholders"],
        as_csv([(ROWS[0][0], "1.5"), (ROWS[1][0], "2"), (ROWS[2][0], "nan")]),
        argv=["--task=regression"],
    ),
    Bad(
        "score_beyond_all_measure",
        ["my.csv", "row 3", "'stars'", "1e+18"],
        as_csv([(ROWS[0][0], "1.5"), (ROWS[1][0], "-1e308")]),
        argv=["--task=regression"],
    ),
    Bad(
        "label_cell_that_does_not_parse",
        ["my.csv", "row 3", "'stars'", "no set of labels", "a|b", "'[\"a\", 1'"],
        as_csv([(ROWS[0][0], "a|b"), (ROWS[1][0], '["a", 1')]),
        argv=["--task=multilabel"],
    ),
    Bad(
        "missing_reader",
        ["openpyxl", "pip install 'weitiao[xlsx]'"],
        None,
        ["--data.train=my.xlsx"],
        {"my.xlsx": b"PK\x03\x04"},
        missing=["openpyxl"],
    ),
    Bad(
        "pickled_vectors",
        ["my.kv", "pickle", "save_word2vec_format"],
        argv=["--data.input.encode.vectors=my.kv", *CNN],
        files={"my.kv": pickle.dumps({"酒": [1.0, 2.0]}, 4)},
    ),
    Bad("empty_vectors", ["my.vec", "empty"], argv=[*VECTORS, *CNN], files={"my.vec": b""}),
    Bad(
        "broken_vectors",
        ["my.vec", "row 2", "a word and 2 numbers", "'店 1'"],
        argv=[*VECTORS, *CNN],
        files={"my.vec": "酒 1 2\n店 1\n".encode()},
    ),
    Bad(
        "vectors_of_other_words",
        ["my.vec", "no word of the vocabulary", "'hotel'", "data.input.encode.tokenizer"],
        argv=[*VECTORS, *CNN],
        files={"my.vec": b"hotel 1 2\n"},
    ),
    Bad(
        "vectors_of_another_width",
        ["embedding = 3", "2 wide"],
        argv=[*VECTORS, *CNN, "--model.backbone.embedding=3"],
        files={"my.vec": "酒 1 2\n".encode()},
    ),
    Bad(
        "vectors_that_nothing_reads",
        ["Transformer reads no word vectors", "TextCNN"],
        argv=VECTORS,
        files={"my.vec": "酒 1 2\n".encode()},
    ),
]
