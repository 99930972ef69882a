// SPDX-License-Identifier: Apache-2.0

// Command sloectl asks the budget endpoint of a collector: may this service be
// released, and what is left of the error budgets.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
