"""`renkei demo`: two nodes, real uplinks, one agreement, and every proof, told as it happens."""
