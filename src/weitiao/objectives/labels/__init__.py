"""One answer a row: a class, several, a grade, a number."""
