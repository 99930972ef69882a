// SPDX-License-Identifier: Apache-2.0

// Package mysqlload runs statements on MariaDB or MySQL through go-sql-driver/mysql, as
// often as it is told to, so that what a capture has of them can be held against it.
package mysqlload // import "github.com/sloe-dev/sloe/testbed/workload/mysqlload"

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// Kind is how statements are run.
type Kind string

// Kinds of workloads.
const (
	// Text: every tenth fails.
	Text Kind = "text"
	// Arguments: each is prepared, run and closed.
	Arguments Kind = "arguments"
	// Interpolated: the driver writes the arguments into the text.
	Interpolated Kind = "interpolated"
	// Prepared: one statement a connection, prepared before the run begins.
	Prepared Kind = "prepared"
	// Multi: three statements a text.
	Multi Kind = "multi"
	// Large: 200 rows of 1,000 bytes.
	Large Kind = "large"
	// Fresh: a connection an operation.
	Fresh Kind = "fresh"
)

// Workload is what to run.
type Workload struct {
	Kind        Kind
	Count       int
	Connections int
	// User and DSN: by the bed, who it is and where the server is; the user is clerk by default.
	User string
	DSN  string
}

// Result is what was done.
type Result struct {
	Operations, Failed uint64
	// Further are the statements of texts behind their first.
	Further uint64
	// Connections that were made.
	Connections uint64
	// GivenUp are log-ins that the driver gave up, and that were tried again: it takes a nonce
	// of ed25519 that ends in 0, one in 256, for a shorter one.
	GivenUp uint64
}

// Session is a workload whose connections are made.
type Session struct {
	workload Workload
	db       *sql.DB
	conns    []*sql.Conn
	prepared []*sql.Stmt
}

// Open connects, and prepares what is prepared once.
func Open(ctx context.Context, w Workload) (*Session, error) {
	db, err := sql.Open("mysql", w.DSN)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(w.Connections)
	if w.Kind == Fresh {
		db.SetMaxIdleConns(-1) // which closes each behind its use
	}
	s := &Session{workload: w, db: db}
	for range w.Connections {
		if w.Kind == Fresh {
			break
		}
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect: %w", err), s.Close())
		}
		s.conns = append(s.conns, conn)
		if w.Kind == Prepared {
			statement, err := conn.PrepareContext(ctx, "SELECT seq FROM seq_1_to_10 WHERE seq < ?")
			if err != nil {
				return nil, errors.Join(fmt.Errorf("prepare: %w", err), s.Close())
			}
			s.prepared = append(s.prepared, statement)
		}
	}
	return s, nil
}

// Run runs the workload, its count shared by the connections.
func (s *Session) Run(ctx context.Context) (Result, error) {
	var wg sync.WaitGroup
	results, errs := make([]Result, s.workload.Connections), make([]error, s.workload.Connections)
	for i := range s.workload.Connections {
		share := s.workload.Count / s.workload.Connections
		if i < s.workload.Count%s.workload.Connections {
			share++
		}
		wg.Go(func() { results[i], errs[i] = s.work(ctx, i, share) })
	}
	wg.Wait()
	var sum Result
	for _, r := range results {
		sum.Operations += r.Operations
		sum.Failed += r.Failed
		sum.Further += r.Further
		sum.Connections += r.Connections
		sum.GivenUp += r.GivenUp
	}
	sum.Connections += uint64(len(s.conns))
	return sum, errors.Join(errs...)
}

func (s *Session) work(ctx context.Context, i, n int) (r Result, err error) {
	for k := range n {
		r.Operations++
		switch s.workload.Kind {
		case Text:
			if k%10 == 9 {
				r.Failed++
				err = mustFail(query(s.conns[i].QueryContext(ctx, "SELECT * FROM nothing")))
			} else {
				err = query(s.conns[i].QueryContext(ctx, "SELECT seq FROM seq_1_to_3"))
			}
		case Arguments, Interpolated:
			err = query(s.conns[i].QueryContext(ctx, "SELECT seq FROM seq_1_to_10 WHERE seq < ? AND 'a' = ?", k%10, "a"))
		case Prepared:
			err = query(s.prepared[i].QueryContext(ctx, k%10))
		case Multi:
			r.Further += 2
			err = query(s.conns[i].QueryContext(ctx, "SELECT 1; DO 1; SELECT seq FROM seq_1_to_3"))
		case Large:
			err = query(s.conns[i].QueryContext(ctx, "SELECT repeat('x', 1000) FROM seq_1_to_200"))
		case Fresh:
			r.Connections++
			err = query(s.db.QueryContext(ctx, "SELECT 1"))
			for ; errors.Is(err, mysql.ErrMalformPkt); r.GivenUp++ {
				err = query(s.db.QueryContext(ctx, "SELECT 1"))
			}
		default:
			err = fmt.Errorf("no kind %q", s.workload.Kind)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// query reads all rows of all results.
func query(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	for more := true; more; more = rows.NextResultSet() {
		for rows.Next() {
			continue
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func mustFail(err error) error {
	if answer := (*mysql.MySQLError)(nil); errors.As(err, &answer) {
		return nil
	}
	return fmt.Errorf("not refused: %w", err)
}

// Close leaves, on each connection.
func (s *Session) Close() error {
	var errs []error
	for _, p := range s.prepared {
		errs = append(errs, p.Close())
	}
	for _, c := range s.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}
