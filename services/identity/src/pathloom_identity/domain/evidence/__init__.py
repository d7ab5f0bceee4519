"""Evidence beside identifiers: how much what two records say speaks for one person, and who is one by it."""
