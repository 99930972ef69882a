// SPDX-License-Identifier: Apache-2.0

// Command load carries out the plan that it reads as JSON from its standard
// input (testbed/workload/load) and prints the result as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/sloe-dev/sloe/testbed/workload/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var plan load.Plan
	if err := json.NewDecoder(in).Decode(&plan); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	result, err := load.Run(ctx, plan)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}
