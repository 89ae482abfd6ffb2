"""Time on air of a LoRa packet (Semtech AN1200.13, "LoRa Modem Designer's Guide", section 4)."""

from math import ceil

PREAMBLE_SYMBOLS = 8
LORAWAN_OVERHEAD = 13
"""Bytes around an application payload: MHDR 1, DevAddr 4, FCtrl 1, FCnt 2, FPort 1, MIC 4 (LoRaWAN 1.0.4, 4)."""
_LONG_SYMBOL = 0.016


def lora_airtime(*, size: int, spreading_factor: int, bandwidth: int, coding_rate: int = 1) -> float:
    """Return the seconds that a packet of `size` bytes (PHY payload) is on air.

    `bandwidth` is in Hz, `spreading_factor` 7 to 12, `coding_rate` 1 to 4 for 4/5 to 4/8. An uplink has an explicit
    header and a checksum; low data rate optimisation is on where a symbol lasts 16 ms or longer.
    Raises ValueError outside those ranges.
    """
    if not (size >= 0 and 7 <= spreading_factor <= 12 and bandwidth > 0 and 1 <= coding_rate <= 4):
        raise ValueError(f"no LoRa packet: {size=} {spreading_factor=} {bandwidth=} {coding_rate=}")
    symbol = (1 << spreading_factor) / bandwidth
    optimised = 2 if symbol >= _LONG_SYMBOL else 0
    coded = ceil((8 * size - 4 * spreading_factor + 44) / (4 * (spreading_factor - optimised)))
    symbols = 8 + max(coded, 0) * (coding_rate + 4)
    return (PREAMBLE_SYMBOLS + 4.25 + symbols) * symbol


def uplink_airtime(
    *, payload_size: int, spreading_factor: int | None, bandwidth: int | None, coding_rate: int = 1
) -> float | None:
    """Return the seconds on air of an uplink without MAC options, or None when its modulation is not known LoRa."""
    if spreading_factor is None or bandwidth is None or not 7 <= spreading_factor <= 12 or bandwidth <= 0:
        return None
    return lora_airtime(
        size=payload_size + LORAWAN_OVERHEAD,
        spreading_factor=spreading_factor,
        bandwidth=bandwidth,
        coding_rate=coding_rate,
    )
