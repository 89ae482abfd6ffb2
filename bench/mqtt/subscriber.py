"""The yardstick: the same client library, the same topics, QoS 1, and nothing done with what comes.

python -m bench.mqtt.subscriber PORT COUNT
"""

import sys

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Print `ready`, then how many came, and end at COUNT."""
    port, count = int(sys.argv[1]), int(sys.argv[2])
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="yardstick", protocol=paho.MQTTv311)
    came = 0

    def on_message(*_: object) -> None:
        nonlocal came
        came += 1
        if came % 500 == 0 or came == count:
            print(came, flush=True)
        if came == count:
            client.disconnect()

    client.on_message = on_message
    client.on_connect = lambda *_: client.subscribe("helium/+/rx", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main()
