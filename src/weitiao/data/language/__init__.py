"""Raw text → pieces of ids → packed blocks → batches with what is to be predicted."""
