"""What ``--help`` begins with: how a command is called, and the options that most people need."""

from __future__ import annotations

_ROWS = """\
  --data.train FILE          rows: CSV, TSV, JSON Lines, Parquet, XLSX, a query
  --data.input.text COLUMN   of the text (text)
  --data.target.label COLUMN of the label (label)
  --data.input.pair COLUMN   a second text, if rows are pairs
  --data.val, --data.test    files of their own; else carved out of the rows
  --task TASK                classification, multilabel, ordinal, regression
  --recipe NAME              auto = chosen from the data; none; configs/recipes
  --config FILE              values as YAML; several files stack
  --trainer.max_epochs N     how long; --model.optim.lr RATE: how fast
  --data.batch.size N        texts at a time
  --data.input.encode.max_length N   how much of a text is read, in ids
  --trainer.accelerator NAME auto, cpu, gpu, …
  --run.name NAME            of the run's folder below --run.root (logs)
  --ckpt_path LAST.ckpt      go on with a run that was stopped

all options: below, and in docs/options.md
"""
_USE = """\
  --ckpt_path BEST.ckpt      the model, with its labels, cleaning and tokenizer
"""
_OTHERS = """\
  --data.text COLUMN         if the column is called otherwise than in training
  --data.format, --data.encoding   where they can't be told from the file
  --hardware.accelerator NAME      auto, cpu, gpu, …
"""
HEADS = {
    "train.py train": f"""\
usage: train.py train --data.train FILE [options]

Fit a model, test its best checkpoint, measure the baseline on the same rows.

  train.py train --data.train my.csv --data.target.label stars

most used:
{_ROWS}""",
    "train.py fit": f"""\
usage: train.py fit --data.train FILE [options]

Fit a model; the test split is not read.

  train.py fit --data.train my.csv --data.target.label stars

most used:
{_ROWS}""",
    "train.py test": f"""\
usage: train.py test --ckpt_path BEST.ckpt [--data.test FILE] [options]

Measure a checkpoint on its run's own test split, or on another labelled file.

  train.py test --ckpt_path logs/latest/checkpoints/best.ckpt
  train.py test --ckpt_path BEST.ckpt --data.test new.csv --out predictions.csv

most used:
{_USE}\
  --data.test FILE           labelled rows; --data.label COLUMN: of the label
  --out FILE                 predictions as .csv, .jsonl or .parquet
{_OTHERS}""",
    "train.py predict": f"""\
usage: train.py predict --ckpt_path BEST.ckpt --data.predict FILE [options]
       train.py predict --ckpt_path BEST.ckpt --text TEXT [--text TEXT …]

Label new texts: those of a file, of standard input, or of the command line.

  train.py predict --ckpt_path BEST.ckpt --data.predict new.csv --out new.jsonl
  cat new.txt | train.py predict --ckpt_path BEST.ckpt --data.predict -

most used:
{_USE}\
  --data.predict FILE        rows to label; - = standard input, a text a line
  --text TEXT                a text to label; --pair TEXT: its second text
  --out FILE                 .csv, .jsonl or .parquet; - = standard output
  --data.on_bad_row quarantine     go on over rows that can't be read
{_OTHERS}""",
    "tune.py": """\
usage: tune.py [--trials N] [options] [options of fit]

Search for a better configuration. What isn't listed here goes to each trial's
fit (train.py fit --help): its data, its model, where the search starts.

  tune.py --trials 20 --data.train my.csv --data.target.label stars
  tune.py --trials 40                  later: 20 more of the same study
  tune.py --trials 40 --config logs/latest/config.yaml --study other
  tune.py --trials 40 --dry_run        the space, and what it may cost
  tune.py --status                     how far it is, from another terminal
""",
}
"""By the name of the command, as messages have it."""
