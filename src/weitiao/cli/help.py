"""What ``--help`` shows of a verb with many options: those that most people need, by rooms."""

from textwrap import fill

from weitiao.config.commands import called, shipped

_TASKS = fill(f"{'  --task TASK':29}{', '.join(shipped('tasks'))}", 80, subsequent_indent=29 * " ")
_TRAINING = f"""\
  {{prog}} --data.train my.csv --data.target.label stars
  {{prog}} --data.train my.csv --recipe pretrained

data
  --data.train FILE          rows: CSV, TSV, JSON Lines, Parquet, XLSX, a query
  --data.val, --data.test    files of their own; else carved out of the rows
  --data.input.text COLUMN   of the text (text)
  --data.input.pair COLUMN   a second text, if rows are pairs
  --data.target.label COLUMN of the label (label)
  --data.input.encode.tokenizer NAME   characters, words, wordpiece; a model's
  --data.input.encode.max_length N     how much of a text is read, in ids
  --data.batch.size N        texts at a time

model
{_TASKS}
  --recipe NAME              auto = chosen from the data; none; configs/recipes
  --model.backbone CLASS     Transformer, TextCNN, Recurrent, Bag, Pretrained
  --model.backbone.help CLASS          the options of one of them
  --model.start RUN          begin with a fine-tuned model
  --model.optim.lr RATE      the highest learning rate

trainer
  --trainer.max_epochs N     how long
  --trainer.accelerator NAME auto, cpu, gpu, …; --trainer.devices N
  --trainer.precision KIND   bf16-mixed: faster on recent GPUs

run
  --config FILE              values as YAML; several files stack
  --run.name NAME            of the run's folder below --run.root (logs)
  --ckpt_path LAST.ckpt      continue a run that was stopped
  --seed_everything N        of weights and order (1)
  --allow_code MODULE        of your own, whose classes may be named
"""
_USE = """\
model
  --ckpt_path BEST.ckpt      with its labels, cleaning and tokenizer
  --allow_code MODULE        of your own, that the checkpoint names
"""
_COLUMNS = """\
  --data.text COLUMN         if the column is called otherwise than in training
  --data.format, --data.encoding       where they can't be told from the file
  --data.batch.size N        texts at a time
"""
_HARDWARE = """\

hardware
  --hardware.accelerator NAME          auto, cpu, gpu, …
  --hardware.precision KIND  bf16-mixed: faster on recent GPUs
"""
_TEXTS = {
    "train": f"""\
usage: {{prog}} --data.train FILE [options]

Fit a model, test its best checkpoint, measure the baseline on the same rows.

{_TRAINING}""",
    "fit": f"""\
usage: {{prog}} --data.train FILE [options]

Fit a model; the test split is not read.

{_TRAINING}""",
    "test": f"""\
usage: {{prog}} --ckpt_path BEST.ckpt [--data.test FILE] [options]

Measure a checkpoint on its run's own test split, or on another labelled file.

  {{prog}} --ckpt_path logs/latest/checkpoints/best.ckpt
  {{prog}} --ckpt_path BEST.ckpt --data.test new.csv --out predictions.csv

{_USE}
data
  --data.test FILE           labelled rows
  --data.label COLUMN        of the label, if it is called otherwise
{_COLUMNS}\
  --out FILE                 predictions as .csv, .jsonl or .parquet
{_HARDWARE}""",
    "predict": f"""\
usage: {{prog}} --ckpt_path BEST.ckpt --data.predict FILE [options]
       {{prog}} --ckpt_path BEST.ckpt --text TEXT [--text TEXT …]

Label new texts: those of a file, of standard input, or of the command line.

  {{prog}} --ckpt_path BEST.ckpt --data.predict new.csv --out new.jsonl
  cat new.txt | {{prog}} --ckpt_path BEST.ckpt --data.predict -

{_USE}
data
  --data.predict FILE        rows to label; - = standard input, a text a line
  --text TEXT                a text to label; --pair TEXT: its second text
{_COLUMNS}\
  --data.on_bad_row quarantine         continue after rows that can't be read
  --out FILE                 .csv, .jsonl or .parquet; - = standard output
{_HARDWARE}""",
    "export": """\
usage: {prog} RUN --to FOLDER [options]

Write a model as a folder that works without this project. What the folder
says of the run's validation rows is compared with what the model says; a
folder that says something else is not kept.

  {prog} logs/latest --to mymodel
  {prog} logs/latest --to small --quantize int8

what is written
  --to FOLDER                that is made
  --format KIND              transformers, torch, onnx (auto)
  --quantize BITS            int8 or fp16: a smaller ONNX model
  --max_loss POINTS          of the first score that it may lose by that (0.5)

rows it is checked on
  --data.test FILE           labelled rows; else those of validation
  --data.text, --data.label COLUMN     if they have other names there
""",
    "serve": """\
usage: {prog} RUN [options]
       {prog} NAME=RUN NAME=RUN … [options]

Let a model answer over HTTP, with a page to try it at /. A newer checkpoint
of a run is taken in the old one's place.

  {prog} logs/latest
  {prog} hotels=logs/hotels phones=logs/phones --port 9000

server
  --host ADDRESS             that it listens on (127.0.0.1: this machine alone)
  --port N                   0 = any that is free (8000)
  --token_file FILE          holds a token that clients must send
  --device NAME              cpu, cuda, …
  --reload_every SECONDS     between looks for a newer model; null = never
  --end_within SECONDS       for the last answers, once it is told to end
  --allow_code MODULE        of your own, that the checkpoint names

limits
  --limits.texts N           of a request
  --limits.characters N      of a text
  --limits.body BYTES        of a request
  --limits.queue N           texts that wait
  --limits.rate N            requests of a client in a minute
""",
    "tune": """\
usage: {prog} [--trials N] [options] [options of fit]

Search for a better configuration. What isn't listed here goes to each trial's
fit: its data, its model, where the search starts.

  {prog} --trials 20 --data.train my.csv --data.target.label stars
  {prog} --trials 40                  later: 20 more of the same study
  {prog} --trials 40 --config logs/latest/config.yaml --study other
  {prog} --trials 40 --dry_run        the space, and what it may cost
  {prog} --status                     how far it is, from another terminal

search
  --space FILE               YAML of the space; else the one that fits the model
  --trials N                 in all, those of earlier calls included (50)
  --timeout SECONDS          no further trial begins after that
  --sampler NAME             random, grid, tpe, qmc
  --pruner NAME              median, hyperband, none
  --confirm N                train the N best again under other seeds, test one
  --latency true             search for speed as well; gives a Pareto front

study
  --study NAME               of the study and its folder in --root (logs/tune)
  --workers N                processes that run one trial at a time (1)
  --storage URL              of a database; else a journal in the study's folder
""",
    "compare": """\
usage: {prog} [--with "NAME: OPTIONS" …] [options] [options of train]

Compare configurations seed by seed, or cross-validate. What isn't listed here
goes to every run's train: its data, its model.

  {prog} --data.train my.csv --seeds 3 \\
      --with "cnn: --model.backbone TextCNN" --with "bag: --model.backbone Bag"
  {prog} --data.train my.csv --folds 5

comparison
  --with "NAME: OPTIONS"     options of train that make a configuration; once
                             for each, the others are compared with the first;
                             {seed} in it is the seed, or the fold
  --seeds N                  train each under the seeds 1 to N (5)
  --folds N                  instead, test on each of N parts of the rows

results
  --name NAME                of the comparison and its folder in --root
                             (default); the same again continues
  --root FOLDER              of all comparisons (logs/compare)
""",
    "gain": """\
usage: {prog} --pretrain.NAME OPTIONS [options]

Pretrain, fine-tune with and without it under the same seeds, and compare.

  {prog} --pretrain.words "--config configs/pretrain/default.yaml"

pretraining
  --pretrain.NAME OPTIONS    options of pretrain; once for each pretraining, all
                             of networks of one shape

fine-tuning
  --finetune OPTIONS         of train, for a pretrained backbone, without name
  --rows.N OPTIONS           rows of train, or all, with further options
                             (500 rows for 10 epochs, all for 4)
  --seeds N                  each fine-tuning with the seeds 1 to N (3)

results
  --folder FOLDER            of all runs; the same again continues (logs/gain)
""",
    "generate": """\
usage: {prog} --model FOLDER [--prompt TEXT] [options]

Continue a text with a causal language model.

  {prog} --model logs/latest/model --prompt 这本书
  {prog} --model logs/latest/model --prompt 这本书 --count 5 --temperature 0.8

model
  --model FOLDER             of a causal model and its tokenizer
  --prompt TEXT              what it continues

length
  --count N                  how many texts (1)
  --length N                 most ids that are added (64)

drawing
  --temperature X            above 1 bolder, below 1 safer, 0 the likeliest (1)
  --top_k N                  draw from the N likeliest ids only
  --top_p SHARE              draw from the likeliest that are so likely (1)
  --beams N                  instead, search the likeliest whole text (1)
  --seed N                   of what is drawn (1)
""",
    "pretrain": """\
usage: {prog} --data.corpus.files FILES [options]

Train a language model on raw text, from scratch or from a pretrained one.

  {prog} --data.corpus.files 'corpus/*.txt'
  {prog} --data.corpus.files wiki.xml.bz2 --data.objective causal

data
  --data.corpus.files FILES  text, rows, dumps of Wikipedia, WET files; a glob
  --data.corpus.text COLUMN  of the text, where the format has columns (text)
  --data.objective NAME      masked: a BERT kind; causal: a GPT kind
  --data.max_length N        ids of a block (128)
  --data.tokenizer.name NAME wordpiece, characters: trained; or a pretrained
  --data.tokenizer.vocab_size N        of a trained one (8000)
  --data.without.files FILES texts that the model must not see: your test split
  --data.batch.tokens N      ids of a batch (4096)

model
  --model.network CLASS      Scratch, or Continued
  --model.network.help CLASS           the options of one of them
  --model.network.name NAME  of Continued: on the model hub, or a folder
  --model.network.layers N   of Scratch, as are width and heads
  --model.optim.lr RATE      the highest learning rate

trainer
  --trainer.max_epochs N     how long; --trainer.max_steps N
  --trainer.accelerator NAME auto, cpu, gpu, …; --trainer.devices N
  --trainer.precision KIND   bf16-mixed: faster on recent GPUs

run
  --config FILE              values as YAML; several files stack
  --run.name NAME            of the run's folder below --run.root (logs)
  --run.save_every N         steps between writings of last.ckpt
  --ckpt_path LAST.ckpt      continue a run that was stopped
""",
    "embed": """\
usage: {prog} --files FILES [options]

Train word vectors on raw text.

  {prog} --files 'corpus/*.txt' --out vectors/mine.vec --neighbours 好,差

corpus
  --files FILES              text, rows, dumps of Wikipedia, WET files; a glob
  --corpus.text COLUMN       of the text, where the format has columns (text)
  --segment.method NAME      rjieba, jieba, char, whitespace, stanza, corenlp
  --segment.user_dict FILE   further words, a line each
  --lowercase true           fold case

training
  --method NAME              skipgram, cbow, fasttext
  --size N                   width of a vector (100)
  --window N                 farthest neighbour, in words (5)
  --min_count N              a word seen less often gets no vector (5)
  --epochs N                 passes over the corpus (5)
  --workers N                threads; with 1 a seed gives the same vectors (1)

results
  --out FILE                 .vec or .txt, .bin; with .gz packed
  --neighbours WORDS         whose nearest neighbours are shown
  --projected N              words in TensorBoard's projector (5000); 0 = none
""",
}
"""By verb; the others have so few options that ``--help`` shows all."""


def short_help(verb: str) -> str | None:
    """The help of a verb; null = its parser's shows all options there are."""
    prog = called(verb)
    text = _TEXTS.get(verb, "").replace("{prog}", prog)
    return f"{text}\nall options: {prog} --help=all" if text else None
