// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestAnsweredBehindTheEnd: a client has said all that it will say before the server
// answers the first of it. What the server reads after that answer must not take the
// place of the exchange, whose fate the connection's end decides.
func TestAnsweredBehindTheEnd(t *testing.T) {
	eachBackend(t, "answers behind the client's end", testAnsweredBehindTheEnd)
}

func testAnsweredBehindTheEnd(t *testing.T, name string) {
	const (
		postgresLogin    = "\x00\x00\x00\x14\x00\x03\x00\x00user\x00clerk\x00\x00"
		postgresQuery    = "Q\x00\x00\x00\x0dSELECT 1\x00"
		postgresEnd      = "X\x00\x00\x00\x04"
		postgresReady    = "Z\x00\x00\x00\x05I"
		postgresComplete = "C\x00\x00\x00\x0dSELECT 1\x00" + postgresReady
		redisPing        = "*1\r\n$4\r\nPING\r\n"
		redisPong        = "+PONG\r\n"
	)
	type turn struct{ says, answer string }
	tests := []struct {
		what   string
		before []turn // that the client waits for
		last   []turn // all said before the first is answered; an empty answer is none
		leaves bool   // the client does not wait for them
		want   []uint8
	}{
		{
			what:   "PostgreSQL's Terminate",
			before: []turn{{postgresLogin, postgresReady}},
			last:   []turn{{postgresQuery, postgresComplete}, {postgresEnd, ""}},
			want:   []uint8{record.Answered},
		},
		{
			what:   "PostgreSQL's Terminate of a client that does not wait",
			before: []turn{{postgresLogin, postgresReady}},
			last:   []turn{{postgresQuery, postgresComplete}, {postgresEnd, ""}},
			leaves: true,
			want:   []uint8{record.AbortedByClient},
		},
		{
			what:   "a pipeline of PostgreSQL that is read one by one",
			before: []turn{{postgresLogin, postgresReady}},
			last:   []turn{{postgresQuery, postgresComplete}, {postgresQuery, postgresComplete}, {postgresEnd, ""}},
			want:   []uint8{record.Answered, record.Answered},
		},
		{
			what:   "a pipeline of Redis that is read one by one",
			before: []turn{{redisPing, redisPong}},
			last:   []turn{{redisPing, redisPong}, {redisPing, redisPong}, {redisPing, redisPong}},
			want:   []uint8{record.Answered, record.Answered, record.Answered, record.Answered},
		},
		{
			what:   "a pipeline of HTTP that is read one by one",
			before: []turn{{httpGet, httpOK}},
			last:   []turn{{httpGet, httpOK}, {httpGet, httpOK}, {httpGet, httpOK}},
			want:   []uint8{record.Answered, record.Answered, record.Answered, record.Answered},
		},
	}
	c := open(t, name, 1<<20)
	require.NoError(t, c.objects.SelfTgid.Set(uint32(0))) // this process plays both sides
	for _, tt := range tests {
		client, server, err := connected()
		require.NoError(t, err)
		port := uint16(server.LocalAddr().(*net.TCPAddr).Port)
		say := func(conn net.Conn, what string) {
			_, err := io.WriteString(conn, what)
			require.NoError(t, err, tt.what)
		}
		hear := func(conn net.Conn, what string) {
			_, err := io.ReadFull(conn, make([]byte, len(what)))
			require.NoError(t, err, tt.what)
		}
		for _, turn := range tt.before {
			pass(t, client, server, turn.says)
			pass(t, server, client, turn.answer)
		}
		for _, turn := range tt.last {
			say(client, turn.says)
		}
		if tt.leaves {
			require.NoError(t, client.Close())
		} else {
			require.NoError(t, client.CloseWrite())
		}
		time.Sleep(20 * time.Millisecond) // the end arrives
		for _, turn := range tt.last {
			hear(server, turn.says)
			if turn.answer != "" {
				say(server, turn.answer)
			}
		}
		require.NoError(t, server.Close())
		if !tt.leaves {
			_, err = io.Copy(io.Discard, client)
			require.NoError(t, err, tt.what)
			require.NoError(t, client.Close())
		}

		var got []uint8
		for _, e := range awaitExchanges(t, c, len(tt.want), func(e *record.Exchange) bool {
			return e.Role == record.RoleServer && e.LocalPort == port && e.Operations > 0
		}) {
			got = append(got, e.Outcome)
		}
		assert.Equal(t, tt.want, got, tt.what)
	}
}
