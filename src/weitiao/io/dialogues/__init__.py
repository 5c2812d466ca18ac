"""Conversations as files give them: who says what, and the last answer."""
