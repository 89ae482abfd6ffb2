"""Queries that are answered inside the node: `reading` bounds and parses them, `expressions` and `rewriting` build from
what is allowed the tree that runs, `running` runs it, `differencing` and `noise` guard what the answers tell together."""
