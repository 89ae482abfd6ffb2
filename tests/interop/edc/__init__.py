"""renkei and Eclipse EDC as strangers meet: two processes, two identities, real HTTP. Run by `make interop-edc`."""
