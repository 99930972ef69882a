// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/slo"
)

// findCatalogue finds out whom to tell and whose thresholds hold: those of the
// extension, of the configured file, or tier3's defaults.
func (c *counter) findCatalogue(host component.Host) (slo.Catalogue, error) {
	id, recorder, err := c.findRecorder(host)
	if err != nil {
		return nil, err
	}
	if recorder == nil {
		if c.file, err = slo.OpenCatalogueFile(c.cfg.Catalogue...); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		return c.file, nil
	}
	if len(c.cfg.Catalogue) > 0 {
		return nil, fmt.Errorf("catalogue: must be empty beside the extension %s, which owns the catalogue; or set error_budget: %s", id, noErrorBudget)
	}
	catalogue, ok := recorder.(slo.Catalogue)
	if !ok {
		return nil, fmt.Errorf("error_budget: the extension %s records counts but has no catalogue", id)
	}
	if supplied, ok := recorder.(slo.Supplied); ok && supplied.SuppliedBy() != "" {
		c.logger.Info("The extension takes its counts from elsewhere; it is told none, and its catalogue holds",
			zap.Stringer("extension", id), zap.String("source", supplied.SuppliedBy()))
		return catalogue, nil
	}
	c.recorder = recorder
	return catalogue, nil
}

// findRecorder returns the extension that is named, or the only one that can
// record. Several of them without a name are an error: counts that went to the
// wrong one could not be called back.
func (c *counter) findRecorder(host component.Host) (component.ID, slo.Recorder, error) {
	if c.cfg.optsOut() {
		return component.ID{}, nil, nil
	}
	extensions := host.GetExtensions()
	if c.cfg.ErrorBudget != nil {
		id := *c.cfg.ErrorBudget
		ext, ok := extensions[id]
		if !ok {
			return id, nil, fmt.Errorf("error_budget: there is no extension %s; add it to service::extensions", id)
		}
		recorder, ok := ext.(slo.Recorder)
		if !ok {
			return id, nil, fmt.Errorf("error_budget: the extension %s does not record error budgets", id)
		}
		return id, recorder, nil
	}

	var found []component.ID
	var names []string
	for id, ext := range extensions {
		if _, ok := ext.(slo.Recorder); ok {
			found, names = append(found, id), append(names, id.String())
		}
	}
	switch len(found) {
	case 0:
		return component.ID{}, nil, nil
	case 1:
		c.logger.Info("Counts go to the only error budget extension", zap.Stringer("extension", found[0]))
		return found[0], extensions[found[0]].(slo.Recorder), nil
	}
	slices.Sort(names)
	return component.ID{}, nil, fmt.Errorf("error_budget: must name one of the extensions %s, or %s", strings.Join(names, ", "), noErrorBudget)
}
