"""Reads of the exchange, answered with facts."""

PART = 200
"""Items of a list that are read at once unless told otherwise."""
