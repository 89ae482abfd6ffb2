"""The portal: what a member or the operator sees of the node, server-rendered, in Japanese and English."""
