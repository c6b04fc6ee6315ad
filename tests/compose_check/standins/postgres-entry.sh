#!/bin/bash
# What the official image's entry does with the settings that deploy/compose.yaml gives it.
set -euo pipefail
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  echo "postgres:x:$(id -u):$(id -g)::/tmp:/bin/false" > /tmp/passwd
  # initdb asks for the name of its user, who has none here.
  LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/etc/group \
    initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
  PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export PGPASSWORD PGHOST=/var/run/postgresql
  pg_ctl -D "$PGDATA" -w start -o "-c listen_addresses='' -k /var/run/postgresql"
  createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
  for each in /docker-entrypoint-initdb.d/*.sh; do "$each"; done
  pg_ctl -D "$PGDATA" -w -m fast stop
  unset PGPASSWORD PGHOST
fi
exec "$@" -c listen_addresses='*' -k /var/run/postgresql
