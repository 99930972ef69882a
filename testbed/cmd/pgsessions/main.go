// SPDX-License-Identifier: Apache-2.0

// Command pgsessions opens sessions through pgx on the server that the variables of libpq
// name, asks on all of them at once, and says what their clients saw. It takes its steps from
// its standard input, as JSON by the line, and prints of each what came of it
// (testbed/workload/postgresbed, Sessions).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pgsessions:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var conns []*pgconn.PgConn
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		var step postgresbed.Step
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			return fmt.Errorf("reading a step: %w", err)
		}
		seen := postgresbed.Seen{Errors: map[string]uint64{}}
		if step.Open > 0 {
			opened, err := open(ctx, &step, &seen)
			if err != nil {
				return err
			}
			conns = append(conns, opened...)
		}
		if step.Ask != "" {
			askAll(ctx, conns, &step, &seen)
		}
		text, err := json.Marshal(seen)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s%d %s\n", postgresbed.StepDone, n, text); err != nil {
			return err
		}
	}
	var errs []error
	for _, c := range conns {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(append(errs, lines.Err())...)
}

// open opens sessions, one after the other: how many are let in may depend on the order.
func open(ctx context.Context, step *postgresbed.Step, seen *postgresbed.Seen) (conns []*pgconn.PgConn, err error) {
	config, err := pgconn.ParseConfig(step.Words)
	if err != nil {
		return nil, err
	}
	for range step.Open {
		c, err := pgconn.ConnectConfig(ctx, config)
		if err != nil {
			seen.Refused++
			seen.Errors[message(err)]++
			continue
		}
		seen.In++
		conns = append(conns, c)
	}
	return conns, nil
}

// askAll asks on each session that is open.
func askAll(ctx context.Context, conns []*pgconn.PgConn, step *postgresbed.Step, seen *postgresbed.Seen) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, c := range conns {
		if c.IsClosed() {
			continue
		}
		wg.Go(func() {
			good, bad, err := ask(ctx, c, step)
			mu.Lock()
			defer mu.Unlock()
			seen.Turns++
			seen.Good += good
			seen.Bad += bad
			if err != nil {
				seen.Errors[message(err)]++
			}
		})
	}
	wg.Wait()
}

// ask counts the operations of one session that were answered as asked, and those that were not.
func ask(ctx context.Context, c *pgconn.PgConn, step *postgresbed.Step) (good, bad uint64, err error) {
	switch step.Way {
	case postgresbed.Simple:
		_, err = c.Exec(ctx, step.Ask).ReadAll()
	case postgresbed.Extended:
		err = c.ExecParams(ctx, step.Ask, nil, nil, nil, nil).Read().Err
	case postgresbed.Batch:
		texts := []string{"SELECT 1", step.Ask, "SELECT 2"}
		batch := &pgconn.Batch{}
		for _, text := range texts {
			batch.ExecParams(text, nil, nil, nil, nil)
		}
		results := c.ExecBatch(ctx, batch)
		for results.NextResult() {
			if _, err := results.ResultReader().Close(); err == nil {
				good++
			}
		}
		return good, uint64(len(texts)) - good, results.Close()
	default:
		err = fmt.Errorf("no way %q", step.Way)
	}
	if err != nil {
		return 0, 1, err
	}
	return 1, 0, nil
}

// message is what the server says, or that it said nothing.
func message(err error) string {
	if answer := (*pgconn.PgError)(nil); errors.As(err, &answer) {
		return answer.Severity + " " + answer.Code + " " + answer.Message
	}
	text := err.Error()
	return "no answer: " + text[strings.LastIndex(text, ": ")+1:]
}
