"""Questions with options of which one is right, as files give them."""
