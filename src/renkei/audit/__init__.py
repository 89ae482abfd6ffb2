"""The append-only log: who did what to which thing, with proofs for outsiders."""
