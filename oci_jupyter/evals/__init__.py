"""Measures: how fast, and later how right."""
