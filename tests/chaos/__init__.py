"""Faults on purpose: what the server does, and what those who draw notice of it."""
