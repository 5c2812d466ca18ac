"""Conversations with two answers, of which one is preferred → ids of both."""

from weitiao.inputs.preferences.preferences import Preferences

__all__ = ["Preferences"]
