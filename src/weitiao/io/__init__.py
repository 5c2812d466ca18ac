"""Files in and out: tables and raw text in any format, caches, atomic writes, the model hub."""
