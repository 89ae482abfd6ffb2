"""What may leave: data categories, the lawful route, and releases that carry only what a plan allows."""
