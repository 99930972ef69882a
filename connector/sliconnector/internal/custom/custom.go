// SPDX-License-Identifier: Apache-2.0

// Package custom holds the indicators that users write themselves, as OTTL
// conditions on spans.
package custom // import "github.com/sloe-dev/sloe/connector/sliconnector/internal/custom"

import (
	"context"
	"fmt"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/slo"
)

// ruleVersion grows when conditions come to mean something else.
const ruleVersion = "1"

// Indicator is an indicator by conditions. It may be used from any goroutine.
type Indicator struct {
	// Name is the value of sli.name.
	Name string

	valid      *ottl.ConditionSequence[*ottlspan.TransformContext] // nil: every span
	good       *ottl.ConditionSequence[*ottlspan.TransformContext]
	definition slo.Definition
}

// Parse builds an indicator. All conditions of a list must hold. An error begins
// with the key of the condition, such as good[0].
func Parse(name string, valid, good []string, set component.TelemetrySettings) (*Indicator, error) {
	parser, err := ottlspan.NewParser(ottlfuncs.StandardConverters[*ottlspan.TransformContext](), set, ottlspan.EnablePathContextNames())
	if err != nil {
		return nil, fmt.Errorf("prepare the parser of conditions: %w", err)
	}
	i := &Indicator{Name: name, definition: define(name, valid, good)}
	if i.valid, err = sequence(parser, "valid", valid, set); err != nil {
		return nil, err
	}
	if i.good, err = sequence(parser, "good", good, set); err != nil {
		return nil, err
	}
	return i, nil
}

func sequence(parser ottl.Parser[*ottlspan.TransformContext], key string, list []string, set component.TelemetrySettings) (*ottl.ConditionSequence[*ottlspan.TransformContext], error) {
	if len(list) == 0 {
		return nil, nil
	}
	conditions := make([]*ottl.Condition[*ottlspan.TransformContext], len(list))
	for i, text := range list {
		c, err := parser.ParseCondition(text)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", key, i, err)
		}
		conditions[i] = c
	}
	s := ottl.NewConditionSequence(conditions, set,
		ottl.WithConditionSequenceErrorMode[*ottlspan.TransformContext](ottl.PropagateError),
		ottl.WithLogicOperation[*ottlspan.TransformContext](ottl.And))
	return &s, nil
}

// define hashes the conditions as written: one that is only laid out anew counts
// as another, as the meaning of two texts cannot be compared.
func define(name string, valid, good []string) slo.Definition {
	return slo.DefinitionOf(name, ruleVersion, "valid", strings.Join(valid, "\n"), "good", strings.Join(good, "\n"))
}

// Definition identifies the conditions. No threshold of the catalogue enters it.
func (i *Indicator) Definition(slo.Limit) slo.Definition { return i.definition }

// Judge evaluates the conditions on a span. An error is one of evaluation; the
// verdict then concerns nothing.
func (i *Indicator) Judge(ctx context.Context, t *ottlspan.TransformContext) (indicator.Verdict, error) {
	if i.valid != nil {
		if valid, err := i.valid.Eval(ctx, t); err != nil || !valid {
			return indicator.Verdict{}, err
		}
	}
	good, err := i.good.Eval(ctx, t)
	switch {
	case err != nil:
		return indicator.Verdict{}, err
	case good:
		return indicator.Verdict{Good: 1}, nil
	default:
		return indicator.Verdict{Bad: 1}, nil
	}
}

// Context wraps a span for Judge. The caller closes it.
func Context(rs ptrace.ResourceSpans, ss ptrace.ScopeSpans, s ptrace.Span) *ottlspan.TransformContext {
	return ottlspan.NewTransformContext(rs, ss, s)
}
