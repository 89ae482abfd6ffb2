"""Ids, clock, refusals, bilingual texts, canonical JSON and Merkle arithmetic; standard library only."""
