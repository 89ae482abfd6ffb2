"""What `bench.negotiation` and `bench.catalogue` start beside themselves: the parties of a node, and bare servers."""
