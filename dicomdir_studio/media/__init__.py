"""Making and reading media: profiles, capacity, spanning, targets, burning, PDI content."""
