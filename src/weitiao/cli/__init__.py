"""The command ``weitiao``: its verbs, and how a command ends."""
