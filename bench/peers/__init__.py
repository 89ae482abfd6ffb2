"""What `bench.dataspace` compares: a pair of renkei nodes and a pair of Eclipse EDC connectors, driven by one client."""
