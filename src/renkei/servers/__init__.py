"""The protocol doors and their clients: thin shells that ask who it is, parse, call a room and answer."""
