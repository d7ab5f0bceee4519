"""History from files, through the public ingest door."""
