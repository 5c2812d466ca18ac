"""What is learned of answers that were compared: to give the better ones."""
