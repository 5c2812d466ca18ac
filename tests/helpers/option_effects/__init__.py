"""What each option must change: the table behind test_options.py, by room.

A key is `verb group/option`, as `docs/write_options.py` finds them in the parsers.
"""

from __future__ import annotations

from option_effects.backbones import BACKBONES
from option_effects.data import DATA
from option_effects.effect import Effect as Effect
from option_effects.inputs import INPUTS
from option_effects.new_files import PREDICT, TEST
from option_effects.objectives import OBJECTIVES_AND_OPTIMISER
from option_effects.runs import RUN, TRAINER

EFFECTS = {
    "train and fit": DATA | INPUTS | BACKBONES | OBJECTIVES_AND_OPTIMISER | RUN | TRAINER,
    "test": TEST,
    "predict": PREDICT,
}
