"""Values and pure rules: pieces fold into touchpoints, touchpoints are cut into journeys. Standard library only."""
