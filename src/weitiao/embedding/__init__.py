"""Word vectors from raw text: words, training, a portable file, and what is shown of it."""
