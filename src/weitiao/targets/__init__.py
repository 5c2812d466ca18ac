"""From label cells to targets: one class, several, a class of a scale, a number."""
