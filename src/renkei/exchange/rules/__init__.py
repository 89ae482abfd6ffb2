"""Decisions of the exchange: no database, no clock, no network."""
