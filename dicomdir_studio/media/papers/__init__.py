"""What is printed for a medium: the label of a disc with its cover sheet, and a receipt."""
