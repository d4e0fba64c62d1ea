#!/bin/bash
# As PostgreSQL's image begins: root reads the password, gives the folder of the data to the user postgres, and goes on as that.
set -euo pipefail
umask 077
if [ "$(id -u)" = 0 ]; then
  POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export POSTGRES_PASSWORD
  mkdir -p "$PGDATA" /run/postgresql
  find "$PGDATA" /run/postgresql \! -user postgres -exec chown postgres '{}' +
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups "$0"
fi
if ! [ -s "$PGDATA/PG_VERSION" ]; then
  # shellcheck disable=SC2086 # Several words.
  initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --no-locale --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --wait --options='-c listen_addresses=' start
  createdb --username="$POSTGRES_USER" --no-password "$POSTGRES_DB" --host=/run/postgresql
  pg_ctl --wait --mode=fast stop
fi
unset POSTGRES_PASSWORD
exec postgres -c 'listen_addresses=*'
