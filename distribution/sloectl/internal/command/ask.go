// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
)

// ask puts one question to the endpoint, within the timeout, and prints the answer
// in the format that is asked for; as a table by the given function.
func ask[T any](o *options, c *cobra.Command, question func(context.Context, *client.Client) (T, error), table func(io.Writer, T) error) error {
	if err := o.validate(); err != nil {
		return err
	}
	api, ctx, cancel := o.client(c.Context())
	defer cancel()
	answer, err := question(ctx, api)
	if err != nil {
		return err
	}
	return o.print(c.OutOrStdout(), answer, func(w io.Writer) error { return table(w, answer) })
}
