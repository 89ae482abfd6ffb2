"""LoRaWAN network servers' uplink messages, each read into one normalised uplink. A parser never raises."""
