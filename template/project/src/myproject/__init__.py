"""Fine-tuning with an objective of our own."""
