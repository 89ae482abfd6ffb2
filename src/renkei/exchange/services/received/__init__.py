"""What peers say: each message is taken from the right peer, in the right state, once."""
