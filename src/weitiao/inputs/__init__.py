"""From what a person hands in to what a model reads, one room a modality."""
