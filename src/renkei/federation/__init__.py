"""What others offer: the catalogues of known nodes, crawled, searched and passed on."""
