// SPDX-License-Identifier: Apache-2.0

package slo

import "errors"

var windowKeys = []string{"window", "time_zone"}

// window reads the window of a mapping over the one that holds without it. Either
// key may be given alone: the zone goes on from calendar to calendar window, and
// ends with a rolling one.
func (f *fields) window(base Window) Window {
	w, at := base, f.values["window"]
	f.parse("window", func(text string) error {
		parsed, err := ParseWindow(text, "")
		if err != nil {
			return err
		}
		if parsed.Calendar != Rolling {
			parsed.Zone = base.Zone
		}
		w = parsed
		return nil
	})
	f.parse("time_zone", func(text string) error {
		if w.Calendar == Rolling {
			if at == nil {
				return errors.New("goes with a window that is week, month or quarter: a rolling one has no time zone")
			}
			_, err := ParseWindow(at.Value, text)
			return err
		}
		zone, err := loadZone(text)
		if err == nil {
			w.Zone = zone
		}
		return err
	})
	return w
}
