"""The Python library with which a consumer reads what it agreed to read."""
