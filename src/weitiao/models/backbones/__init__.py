"""Backbones, ids → one vector per position, ``(B, T) → (B, T, H)``; one kind a file."""
