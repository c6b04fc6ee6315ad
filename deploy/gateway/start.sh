#!/bin/bash
# Puts the address of the container's own name server into the configuration, and becomes the gateway.
set -euo pipefail
resolver=""
while read -r word address _; do
  if [ "$word" = nameserver ]; then resolver=$address; break; fi
done < /etc/resolv.conf
while IFS= read -r line; do printf '%s\n' "${line/resolver RESOLVER/resolver $resolver}"; done \
  < /etc/market/nginx.conf > /tmp/nginx.conf
exec nginx -e stderr -c /tmp/nginx.conf -g "daemon off;"
