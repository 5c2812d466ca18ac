"""What is learned of conversations: to say their answers."""
