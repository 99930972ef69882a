// SPDX-License-Identifier: Apache-2.0

package histograms

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"

// recent remembers the series that calls were counted in lately: most calls of a
// process are like the one before, and comparing a key costs less than hashing it.
type recent [16]recentSeries

type recentSeries struct {
	key    seriesKey
	series *series
}

// of returns the place of a process and metric, which others may share.
func (r *recent) of(id *process.Identity, metric string) *recentSeries {
	return &r[(int(id.PID)+len(metric))%len(r)]
}

func (s *recentSeries) is(id *process.Identity, metric string, attributes []byte) bool {
	return s.key.process == id && s.key.metric == metric && s.key.attributes == string(attributes)
}
