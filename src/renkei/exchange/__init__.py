"""Datasets, offers, negotiations, agreements, transfers: who may use which data under which terms, and how it is delivered."""
