#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Starts the collector on this host with distribution/configs/quickstart.yaml, and
# says what to open. `make run` builds it first.
#
# Spans go to the terminal as one line a batch. SLOE_OTLP_ENDPOINT sends them
# elsewhere: HOST:4317 or http(s)://HOST:4317 by gRPC, http(s)://HOST:4318 by HTTP.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export SLOE_BUDGET_ADDRESS=${SLOE_BUDGET_ADDRESS:-localhost:7560}
export SLOE_CATALOGUE=${SLOE_CATALOGUE:-distribution/configs/quickstart_catalog.yaml}
export SLOE_STORAGE_DIRECTORY=${SLOE_STORAGE_DIRECTORY:-$PWD/bin/quickstart}

spans='this terminal, one line a batch (SLOE_OTLP_ENDPOINT=host:4317 make run sends them there)'
if [[ -n ${SLOE_OTLP_ENDPOINT:-} ]]; then
  [[ $SLOE_OTLP_ENDPOINT == *://* ]] || SLOE_OTLP_ENDPOINT=http://$SLOE_OTLP_ENDPOINT
  export SLOE_OTLP_ENDPOINT
  if [[ -z ${SLOE_SPAN_EXPORTER:-} ]]; then
    case $SLOE_OTLP_ENDPOINT in
      *:4318 | *:4318/*) export SLOE_SPAN_EXPORTER=otlp_http ;;
      *) export SLOE_SPAN_EXPORTER=otlp_grpc ;;
    esac
  fi
  spans="$SLOE_OTLP_ENDPOINT ($SLOE_SPAN_EXPORTER)"
fi

endpoint=
[[ $SLOE_BUDGET_ADDRESS == localhost:7560 ]] || endpoint=" --endpoint http://$SLOE_BUDGET_ADDRESS"

cat <<BANNER

  Sloe counts the HTTP requests of every program on this host, in the kernel.

  page             http://$SLOE_BUDGET_ADDRESS/
  budgets          bin/sloectl budgets$endpoint
  may I release?   bin/sloectl gate SERVICE$endpoint
  spans            $spans
  what is promised $SLOE_CATALOGUE (edit it: it is read again)
  counts kept in   $SLOE_STORAGE_DIRECTORY

  No traffic here? In another terminal:  python3 -m http.server 8000
  and in a third:                        curl -s localhost:8000/ >/dev/null
  Ctrl-C ends it.

BANNER

exec bin/otelcol-sloe --config distribution/configs/quickstart.yaml "$@"
