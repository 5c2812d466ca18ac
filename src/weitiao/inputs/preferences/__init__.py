"""Conversations whose answers were compared or judged → ids of two answers to each."""

from weitiao.inputs.preferences.judged import Judged
from weitiao.inputs.preferences.preferences import Preferences

__all__ = ["Judged", "Preferences"]
