"""The platform's public REST API, as any program meets it."""
