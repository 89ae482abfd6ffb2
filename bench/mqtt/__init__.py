"""The programs that `bench.ingestion` runs beside a node: a publisher, and a subscriber that does nothing."""
