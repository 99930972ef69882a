// SPDX-License-Identifier: Apache-2.0

// Package openslo turns OpenSLO v1 documents into a catalogue and back.
//
// The guarantee of Import: whatever a document says is in the catalogue, or in a
// Note. Each key of a document is taken by what understands it; what nobody took
// is noted.
//
// Source: https://github.com/OpenSLO/OpenSLO, specification v1.
package openslo // import "github.com/sloe-dev/sloe/internal/openslo"

// APIVersion is the one that is read and written.
const APIVersion = "openslo/v1"

// The annotations by which an export says what OpenSLO has no key for. An import
// reads them, and people may set them on documents of their own.
const (
	annotationIndicator   = "sloe.dev/indicator"    // of an SLI or SLO: the sli.name
	annotationThreshold   = "sloe.dev/threshold-ms" // of an SLI or SLO: longest good duration
	annotationLatency     = "sloe.dev/latency"      // of an SLO: handler or felt
	annotationName        = "sloe.dev/name"         // of a Service or SLO: its name in the catalogue
	annotationNamespace   = "sloe.dev/namespace"    // of a Service, as all that follow
	annotationEnvironment = "sloe.dev/environment"
	annotationTier        = "sloe.dev/tier"
	annotationTeam        = "sloe.dev/team"
	annotationPromise     = "sloe.dev/slo"        // YAML
	annotationPolicy      = "sloe.dev/policy"     // YAML
	annotationMinEvents   = "sloe.dev/min-events" // of an SLO
	annotationAlertsOff   = "sloe.dev/alerts-off" // of an SLO: parted by commas
	annotationImplicit    = "sloe.dev/implicit"   // of an SLO: what the Service's sloe.dev/slo says already
)
