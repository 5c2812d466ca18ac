"""A causal language model in use: texts that go on, conversations, files of prompts."""
