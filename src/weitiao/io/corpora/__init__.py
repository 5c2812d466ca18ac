"""Raw, unlabelled documents as one stream: what pretraining and word vectors learn from."""

from weitiao.io.corpora.corpus import Corpus
from weitiao.io.corpora.kinds import CorpusFormat

__all__ = ["Corpus", "CorpusFormat"]
