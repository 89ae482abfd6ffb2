"""The context broker under load, from a client in a process of its own. All data is synthetic."""
