// SPDX-License-Identifier: Apache-2.0

// Command mysqlload carries out the workload that its argument tells as JSON
// (testbed/workload/mysqlload): it connects, waits for a line, runs, leaves, and prints
// the result.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sloe-dev/sloe/testbed/workload/mysqlload"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mysqlload:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, plan string, in io.Reader, out io.Writer) error {
	var w mysqlload.Workload
	if err := json.Unmarshal([]byte(plan), &w); err != nil {
		return fmt.Errorf("reading the workload: %w", err)
	}
	s, err := mysqlload.Open(ctx, w)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, mysqlload.Ready); err != nil {
		return errors.Join(err, s.Close())
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return errors.Join(err, s.Close())
	}
	result, err := s.Run(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return err
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%s\n", mysqlload.Done, text)
	return err
}
