"""Messages of the Dataspace Protocol 2025-1 (https://w3id.org/dspace/2025/1): bytes to messages and back, without I/O.

`envelope.read` decodes one expected message and refuses anything else with its place; `envelope.write` encodes one.
Members that the protocol does not name are tolerated and ignored.
"""
