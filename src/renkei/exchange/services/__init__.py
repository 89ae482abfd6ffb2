"""Writes of the exchange: one transaction for each act, with its audit line and its messages inside."""
