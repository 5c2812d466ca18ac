"""Three classes, one of which looks like markup, and their objective."""

from __future__ import annotations

from tiny_models import objective_of, tiny_card

LABELS = ["好评", "差评", "[red]中评"]
OBJECTIVE = objective_of(tiny_card(labels=LABELS))
