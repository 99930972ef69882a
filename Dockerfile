# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
#
# otelcol-sloe and sloectl, static, on an empty base.
#
# As an agent the collector needs CAP_BPF and CAP_PERFMON, which the pod's
# specification adds (securityContext.capabilities.add: [BPF, PERFMON]); a
# capability given to a container reaches a user other than root only with file
# capabilities, so run an agent with runAsUser: 0 and drop the rest. As a gateway it
# needs none and runs as it is: user 65534. See docs/development.md.
ARG GO_VERSION=1.26

FROM golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build make build
# An empty base has no directory that anyone may write to.
RUN install -d -m 0700 -o 65534 -g 65534 /out/var/lib/otelcol-sloe && install -d -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65534:65534 /out/ /
COPY --from=build /src/bin/otelcol-sloe /src/bin/sloectl /usr/bin/
COPY --from=build /src/distribution/configs/ /etc/otelcol-sloe/
ENV SLOE_CATALOGUE=/etc/otelcol-sloe/service_catalog.yaml
USER 65534:65534
EXPOSE 4317 4318 7560
ENTRYPOINT ["/usr/bin/otelcol-sloe"]
CMD ["--config", "/etc/otelcol-sloe/gateway.yaml"]
