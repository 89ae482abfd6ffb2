"""Writes of the federated catalogue: who is crawled, and what the crawls find."""
