"""What a File-set becomes on a medium: profile, capacity, spanning, targets, PDI content."""
