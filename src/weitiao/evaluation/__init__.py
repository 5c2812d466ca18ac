"""A trained model in use: test, predict, and the baselines beside it."""
