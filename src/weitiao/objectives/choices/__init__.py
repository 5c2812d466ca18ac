"""What is learned of options of which one is right."""
