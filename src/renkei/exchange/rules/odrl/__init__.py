"""ODRL 2.2: constraints, and what a whole policy says about a request."""
