"""renkei: the software of an IoT consortium."""

__version__ = "0.1.0"
