"""Organisations of this node, their keys and tokens, and how peers on other nodes are known."""
