"""A trained model as a folder that works without this project."""
