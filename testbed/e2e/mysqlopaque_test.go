// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/mariadbbed"
)

// TestMySQLOpaque: of connections that are encrypted or compressed no operation is
// counted, and none is taken for something that it is not: their turns are counted as
// not measured, at both ends. Under TLS the log-in is one of them, and at the server the
// leaving; of what is only compressed one is taken for a part of a handshake.
func TestMySQLOpaque(t *testing.T) {
	const connections, statements = 5, 100
	for name, tt := range map[string]struct {
		words              []string
		atServer, atClient uint64 // turns of a connection
	}{
		"TLS":                 {[]string{"--ssl"}, statements + 2, statements + 1},
		"compression":         {[]string{"--skip-ssl", "--compress"}, statements - 1, statements - 1},
		"TLS and compression": {[]string{"--ssl", "--compress"}, statements + 2, statements + 1},
	} {
		t.Run(name, func(t *testing.T) {
			serverName, clientName := serviceName("mariadb"), serviceName("shop")
			b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
			certificate := certificate(t)
			m := mariadbbed.Start(t, mariadbbed.Options{Name: serverName, Args: []string{"--ssl-cert=" + certificate, "--ssl-key=" + certificate}})
			before := m.Status(t)
			for range connections {
				m.CLI(t, clientName, append(tt.words, "--execute="+strings.Repeat("SELECT 1;", statements))...)
			}
			require.EqualValues(t, connections*(statements+1)+mariadbbed.OwnQuestions, m.Status(t).Minus(before)["Questions"])
			atServer, atClient := connections*tt.atServer, connections*tt.atClient
			require.Eventually(t, func() bool {
				return b.scrape(t, "reason")["unmeasured opaque_tls"] >= float64(atServer+atClient)
			}, 20*time.Second, 50*time.Millisecond)
			b.Terminate(t)
			assert.Equal(t, map[string]uint64{"server opaque_tls": atServer}, b.unmeasured(t, serverName))
			assert.Equal(t, map[string]uint64{"client opaque_tls": atClient}, b.unmeasured(t, clientName))
			for service, y := range b.tallies(t) {
				if service == clientName {
					assert.Empty(t, y.Spans)
					assert.Empty(t, y.Unspanned)
				}
			}
		})
	}
}
