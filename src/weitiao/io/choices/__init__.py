"""Multiple-choice questions, as files give them."""
