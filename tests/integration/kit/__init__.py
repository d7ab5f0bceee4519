"""The kit on real PostgreSQL and real gRPC servers."""
