"""Texts and what is to be written from them, such as translations and summaries → ids of both."""

from weitiao.inputs.parallel.card import ParallelInput
from weitiao.inputs.parallel.parallel import Parallel

__all__ = ["Parallel", "ParallelInput"]
