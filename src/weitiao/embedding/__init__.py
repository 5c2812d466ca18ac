"""Word vectors from raw text: words, training, a portable file, neighbours, the projector."""
