#!/bin/sh
# Run once, on a new cluster: each service's database, and the one login role of the same name that owns it.
set -eu
for service in identity scoring gateway; do
  psql -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="pathloom_$service" <<SQL
\set password \`cat /run/secrets/databases/$service\`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
