"""Measurements, each a command that prints the numbers that the README carries."""
