// SPDX-License-Identifier: Apache-2.0

package auditlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Report is what a look at the whole log found.
type Report struct {
	Records uint64
	Head    Head
	// Faults are what is wrong, each with its line. None means: as it was written.
	Faults []string
	// Torn tells that the log ends within a record that was never confirmed: a
	// crash while it was written. It is no fault.
	Torn bool

	size int64 // in bytes, of the sound records from the start
}

// maxFaults bounds what is reported: after the first few, the rest say the same.
const maxFaults = 20

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < maxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

// Verify reads the log in a directory and holds every record against its hash,
// the one before it, and the head. The error is that it could not be read. Visit,
// if there is one, gets each record that is sound in itself, in order.
func Verify(dir string, visit func(Record)) (Report, error) {
	report := Report{Head: Head{Hash: firstPrev}}
	head, headErr := readHead(dir)
	if headErr != nil {
		report.fault("%s cannot be read: %v", headFileName, headErr)
	}
	f, err := os.Open(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		if head.Seq > 0 {
			report.fault("%s is missing, and %s says that it has %d records", FileName, headFileName, head.Seq)
		}
		return report, nil
	}
	if err != nil {
		return report, fmt.Errorf("read the audit log: %w", err)
	}
	defer f.Close()
	passed := head.Seq == 0 // whether the record that the head names was seen
	reader := bufio.NewReaderSize(f, maxLine)
	for number := 1; ; number++ {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			report.Torn = len(line) > 0
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			report.fault("line %d: it is longer than any record", number)
			break
		}
		if err != nil {
			return report, fmt.Errorf("read the audit log: %w", err)
		}
		record, err := readLine(line[:len(line)-1])
		if err != nil {
			report.fault("line %d: %v", number, err)
			continue
		}
		if record.Seq != report.Head.Seq+1 {
			report.fault("line %d: it is record %d, and %d comes here", number, record.Seq, report.Head.Seq+1)
		} else if record.Prev != report.Head.Hash {
			report.fault("line %d: it does not follow the record before", number)
		}
		report.Records++
		report.Head = Head{Seq: record.Seq, Hash: record.Hash}
		report.size += int64(len(line))
		passed = passed || report.Head == head
		if visit != nil {
			visit(record)
		}
	}
	if !passed && headErr == nil {
		report.fault("the end is missing: %s names record %d, which is not there", headFileName, head.Seq)
	}
	return report, nil
}
