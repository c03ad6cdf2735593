"""Fuzzing: mutated input without end."""
