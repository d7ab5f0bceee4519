"""The store that every other test of this folder stands on: here, since it is of the one Neo4j that they share."""

from neo4j import AsyncGraphDatabase
from pathloom_local.engines.neo4j import Neo4jServer


async def test_wiping_leaves_nothing(clean_neo4j: Neo4jServer) -> None:
    auth = (clean_neo4j.user, clean_neo4j.password)
    async with AsyncGraphDatabase.driver(clean_neo4j.uri, auth=auth) as driver:
        await driver.execute_query("CREATE CONSTRAINT only_one FOR (n:Thing) REQUIRE n.id IS UNIQUE")
        await driver.execute_query("CREATE INDEX by_name FOR (n:Thing) ON (n.name)")
        await driver.execute_query("UNWIND range(1, 10) AS id CREATE (:Thing {id: id})-[:NEAR]->(:Other)")
        await clean_neo4j.wipe()
        nodes = await driver.execute_query("MATCH (n) RETURN count(n) AS count")
        indexes = await driver.execute_query(
            "SHOW INDEXES YIELD type WHERE type <> 'LOOKUP' RETURN count(*) AS count"
        )
        assert (nodes.records[0]["count"], indexes.records[0]["count"]) == (0, 0)
