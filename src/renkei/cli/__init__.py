"""The `renkei` command: one file per group of commands."""
