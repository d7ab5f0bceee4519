"""What scoring does, a verb a file, and the ports it needs for that."""
