"""Between a backbone and a score: pooling, heads, losses, postprocessing, metrics."""
