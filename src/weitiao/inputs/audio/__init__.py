"""The sound input: files → one channel at one rate → spectrograms."""

from weitiao.inputs.audio.card import SoundInput
from weitiao.inputs.audio.changes import Changes
from weitiao.inputs.audio.log_mel import LogMel
from weitiao.inputs.audio.sound import Sound

__all__ = ["Changes", "LogMel", "Sound", "SoundInput"]
