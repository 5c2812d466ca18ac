"""Search: a space of dotted keys, a study of trials, and what came of it."""
