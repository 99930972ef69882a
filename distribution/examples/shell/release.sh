#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Usage: release.sh SERVICE COMMAND...
#
# Runs a command if the error budget of a service permits a release, and tells
# it how by SLOE_STRATEGY (full or canary) and SLOE_MAX_WEIGHT (per cent).
# SLOE_ENDPOINT is the budget endpoint, SLOE_TOKEN what authenticates, if it asks.
set -euo pipefail

service=$1
shift

answer=$(curl -sS --max-time 10 -w '\n%{http_code}' ${SLOE_TOKEN:+-H "Authorization: Bearer $SLOE_TOKEN"} \
  "${SLOE_ENDPOINT:-http://localhost:7560}/v1/check/$service")
status=${answer##*$'\n'}
body=${answer%$'\n'*}

if [[ $status != 200 ]]; then
  echo "no release of $service ($status): $body" >&2
  exit 1
fi
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([a-z0-9]*\).*/\1/p" <<<"${body#*\"strategy\"}"; }
SLOE_STRATEGY=$(field type) SLOE_MAX_WEIGHT=$(field max_weight) exec "$@"
