"""The faces of the service."""
