#!/bin/bash
# Puts the addresses of the container's own name servers into the configuration, and becomes the gateway.
set -euo pipefail
# Each network of the container may have a name server of its own.
resolver=""
while read -r word address _; do
  if [ "$word" = nameserver ]; then resolver="$resolver $address"; fi
done < /etc/resolv.conf
while IFS= read -r line; do printf '%s\n' "${line/resolver RESOLVER/resolver$resolver}"; done \
  < /etc/market/nginx.conf > /tmp/nginx.conf
exec nginx -e stderr -c /tmp/nginx.conf -g "daemon off;"
