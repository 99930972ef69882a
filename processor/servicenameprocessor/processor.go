// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/metadata"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/naming"
)

// serviceNames gives every resource of one signal its service.name.
type serviceNames struct {
	namer     *naming.Namer
	telemetry *metadata.TelemetryBuilder
	resolved  map[naming.Source]metric.MeasurementOption
}

func newServiceNames(set processor.Settings, cfg *Config) (*serviceNames, error) {
	byHand, err := cfg.byHand()
	if err != nil {
		return nil, err
	}
	namer, err := naming.NewNamer(byHand)
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	p := &serviceNames{namer: namer, telemetry: telemetry, resolved: map[naming.Source]metric.MeasurementOption{}}
	for _, s := range []naming.Source{
		naming.FromMap, naming.FromExisting, naming.FromScript, naming.FromModule, naming.FromExecutable, naming.Unknown,
	} {
		p.resolved[s] = metric.WithAttributeSet(attribute.NewSet(attribute.String("source", string(s))))
	}
	return p, nil
}

func (p *serviceNames) shutdown(context.Context) error {
	p.telemetry.Shutdown()
	return nil
}

func (p *serviceNames) traces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	for i := range td.ResourceSpans().Len() {
		p.name(ctx, td.ResourceSpans().At(i).Resource())
	}
	return td, nil
}

func (p *serviceNames) metrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	for i := range md.ResourceMetrics().Len() {
		p.name(ctx, md.ResourceMetrics().At(i).Resource())
	}
	return md, nil
}

func (p *serviceNames) logs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	for i := range ld.ResourceLogs().Len() {
		p.name(ctx, ld.ResourceLogs().At(i).Resource())
	}
	return ld, nil
}

// name writes service.name, unless the resource has the right one or nothing is
// known.
func (p *serviceNames) name(ctx context.Context, resource pcommon.Resource) {
	attributes := resource.Attributes()
	process := processOf(attributes)
	given := naming.Given{
		Name:        text(attributes, semconv.ServiceName),
		SDKLanguage: text(attributes, sdkLanguage),
	}
	a := p.namer.Name(&process, given)
	if a.Name != "" && a.Name != given.Name {
		attributes.PutStr(semconv.ServiceName, a.Name)
	}
	p.telemetry.ProcessorServiceNameResolved.Add(ctx, 1, p.resolved[a.Source])
}
