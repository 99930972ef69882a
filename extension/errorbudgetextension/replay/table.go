// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Columns are those of a table of recorded counts, in this order.
var Columns = []string{"time", "service", "sli", "good", "bad"}

// maxRecorded bounds what a table may span: a year.
const maxRecorded = 366 * 24 * time.Hour

// row is one line of a table: what one minute of a series held.
type row struct {
	minute    slo.Minute
	key       slo.Key
	good, bad uint64
}

// recorder is the writer of recorded counts.
var recorder = slo.Writer{Instance: "recorded"}

// Table replays recorded counts: a header with Columns, then a line a minute and
// series in any order. A service is written as namespace/name@environment. Every
// minute from the first to the last counts as measured.
func Table(in io.Reader, o Options, emit func(Event)) error {
	rows, err := readRows(in)
	if err != nil {
		return err
	}
	d := budgetscript.NewDesk()
	d.Now = rows[0].minute.Time()
	if err := attach(d, o, emit); err != nil {
		return err
	}
	for minute, last := rows[0].minute, rows[len(rows)-1].minute; minute <= last; minute++ {
		d.Pending.Heartbeat(minute, recorder)
		for len(rows) > 0 && rows[0].minute == minute {
			d.Add(rows[0].key, minute, rows[0].good, rows[0].bad, recorder)
			rows = rows[1:]
		}
		d.Flush()
		d.Now = (minute + 1).Time()
		d.Flush()
		d.EachMinute(d)
	}
	return nil
}

func readRows(in io.Reader) ([]row, error) {
	reader := csv.NewReader(in)
	reader.FieldsPerRecord = len(Columns)
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil || !slices.Equal(header, Columns) {
		return nil, fmt.Errorf("line 1 must be the header %q", strings.Join(Columns, ","))
	}
	var rows []row
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // it names the line
		}
		line, _ := reader.FieldPos(0)
		r, err := readRow(record)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, errors.New("there is no line of counts")
	}
	slices.SortStableFunc(rows, func(a, b row) int { return int(a.minute - b.minute) })
	if span := rows[len(rows)-1].minute.Time().Sub(rows[0].minute.Time()); span > maxRecorded {
		return nil, fmt.Errorf("the table spans %d days, at most %d are replayed", span/(24*time.Hour), maxRecorded/(24*time.Hour))
	}
	return rows, nil
}

func readRow(record []string) (row, error) {
	at, err := time.Parse(time.RFC3339, record[0])
	if err != nil {
		return row{}, fmt.Errorf("time must be RFC 3339, such as 2026-03-01T12:00:00Z, not %q", record[0])
	}
	service := slo.Service{Name: strings.Clone(record[1])}
	if namespace, rest, ok := strings.Cut(service.Name, "/"); ok {
		service.Namespace, service.Name = namespace, rest
	}
	if name, environment, ok := strings.Cut(service.Name, "@"); ok {
		service.Name, service.Environment = name, environment
	}
	if service.Name == "" || record[2] == "" {
		return row{}, errors.New("service and sli must be given")
	}
	r := row{minute: slo.MinuteOf(at), key: slo.Key{Service: service, SLI: strings.Clone(record[2])}}
	if r.good, err = strconv.ParseUint(record[3], 10, 40); err == nil {
		r.bad, err = strconv.ParseUint(record[4], 10, 40)
	}
	if err != nil {
		return row{}, fmt.Errorf("good and bad must be whole numbers, not %q and %q", record[3], record[4])
	}
	return r, nil
}
