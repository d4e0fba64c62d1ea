#!/bin/sh
# Makes Temporal's databases where they aren't there, and brings their tables to the version of the tool.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres-password)
export SQL_PASSWORD
schema=/etc/temporal/schema/postgresql/v12
for database in temporal temporal_visibility; do
  case $database in temporal) kind=temporal ;; *) kind=visibility ;; esac
  # It fails where there is one already; what follows says whether there really is.
  temporal-sql-tool --db "$database" create || true
  temporal-sql-tool --db "$database" setup-schema --version 0.0 || true
  temporal-sql-tool --db "$database" update-schema --schema-dir "$schema/$kind/versioned"
done
