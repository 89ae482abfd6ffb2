"""The NGSI-LD conformance suite of ETSI ISG CIM, run as it is against a node that is started for it."""
