// SPDX-License-Identifier: Apache-2.0

package counted

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"

	"github.com/sloe-dev/sloe/testbed/workload/address"
)

// Serve says that a server is ready by `ready ADDRESS` on out, and answers each line
// `counts` of in with `counts JSON`. It returns when in ends.
func Serve(on net.Addr, in io.Reader, out io.Writer, counts func() any) error {
	if _, err := fmt.Fprintf(out, "ready %s\n", address.Of(on)); err != nil {
		return err
	}
	asked := bufio.NewScanner(in)
	for asked.Scan() {
		if asked.Text() != "counts" {
			return fmt.Errorf("asked %q, know only counts", asked.Text())
		}
		raw, err := json.Marshal(counts())
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "counts %s\n", raw); err != nil {
			return err
		}
	}
	return asked.Err()
}
