"""Tables of readings: append once, read at a version, erase a subject, compact (Delta Lake; DuckDB reads)."""
