"""Trained models behind an HTTP server."""
