#!/bin/sh
# Makes a service's roles when its server starts for the first time: the owner, who migrates, and the two processes.
# `marketctl db roles` prints the same statements for a server that others run; a test compares the two.
set -eu
owner=$POSTGRES_DB
psql -v ON_ERROR_STOP=1 -v owner="$owner" -v http="${owner}_http" -v worker="${owner}_worker" \
  -v owner_password="$(cat /run/secrets/owner-password)" \
  -v http_password="$(cat /run/secrets/http-password)" \
  -v worker_password="$(cat /run/secrets/worker-password)" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /etc/market/roles.sql
