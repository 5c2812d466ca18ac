"""Raw, unlabelled documents as one stream: what pretraining and word vectors learn from."""

from weitiao.data.corpora.corpus import Corpus
from weitiao.data.corpora.kinds import CorpusFormat

__all__ = ["Corpus", "CorpusFormat"]
