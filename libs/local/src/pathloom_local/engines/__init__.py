"""PostgreSQL and Neo4j as child processes, the same engines that production runs."""
