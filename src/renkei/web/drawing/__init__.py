"""Pictures that the pages draw themselves: places on a map, values over time. No script, and nothing from elsewhere."""
