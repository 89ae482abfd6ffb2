"""The public conformance kit of the Dataspace Protocol, run against a node of ours (`make conformance-dsp`).

The kit plays the other participant and wants a connector that behaves as its tests expect: `script` says how, `node`
is the product's own application with that script, the kit's triggers and an identity that lets the kit in, and `run`
starts both and counts. Nothing in the product knows of it.
"""
