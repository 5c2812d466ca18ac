"""Texts beside what is to be written of them, such as translations and summaries → ids of both."""

from weitiao.inputs.parallel.card import ParallelInput
from weitiao.inputs.parallel.parallel import Parallel

__all__ = ["Parallel", "ParallelInput"]
