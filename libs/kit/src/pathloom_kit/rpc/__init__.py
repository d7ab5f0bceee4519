"""gRPC, the same way in every service."""
