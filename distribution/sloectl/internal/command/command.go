// SPDX-License-Identifier: Apache-2.0

// Package command holds the commands of sloectl.
package command // import "github.com/sloe-dev/sloe/distribution/sloectl/internal/command"

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes. An error is 3, never 1: a pipeline must not take a misspelt flag
// for a permission.
const (
	exitAllow   = 0
	exitCanary  = 1
	exitFreeze  = 2
	exitUnknown = 3
)

// verdict is how a command ends that did its work and whose answer is no.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", int(v)) }

// Run runs a command line and returns the exit code. Getenv reads the
// environment.
func Run(ctx context.Context, args []string, getenv func(string) string, out, errOut io.Writer) int {
	root := newRoot(getenv)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var v verdict
	switch {
	case err == nil:
		return exitAllow
	case errors.As(err, &v):
		return int(v)
	}
	fmt.Fprintln(errOut, "sloectl:", err)
	return exitUnknown
}

func newRoot(getenv func(string) string) *cobra.Command {
	root := &cobra.Command{
		Use:           "sloectl",
		Short:         "Ask a collector's error budgets whether a service may be released",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	o := &options{getenv: getenv}
	o.register(root.PersistentFlags())
	root.AddCommand(newGate(o), newBudgets(o), newRules(), newSLO(o), newOpenSLO(), newOverride(o), newExclusion(o), newAudit(o), newReplay(o), newPerfStats(o), newDoctor(o), newVersion())
	return root
}
