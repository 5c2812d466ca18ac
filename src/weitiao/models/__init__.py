"""From a batch of ids to a loss: backbone, pooling, head, losses, metrics, optimisation."""
