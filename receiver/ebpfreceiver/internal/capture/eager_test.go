// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// eager makes the peers use a fresh pair of Unix sockets for each turn, whose server
// reads without a pause: it has the request while the hook at the request's arrival
// still runs on the client's CPU.
const eager = "eager"

// playEager does as many turns as each line of in says.
func playEager(_ string, in io.Reader, out io.Writer) error {
	servers, answered := make(chan int), make(chan error)
	defer close(servers)
	go func() {
		for fd := range servers {
			answered <- answerEagerly(fd)
		}
	}()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		for range n {
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			servers <- pair[1]
			err = askOnce(pair[0])
			if err = errors.Join(err, <-answered); err != nil {
				return err
			}
		}
		fmt.Fprintln(out, "done")
	}
	return lines.Err()
}

func answerEagerly(fd int) error {
	defer func() { _ = unix.Close(fd) }() // its client has the response
	buffer := make([]byte, len(httpRequest))
	for {
		_, _, err := unix.Recvfrom(fd, buffer, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = unix.Write(fd, []byte(httpResponse))
		return err
	}
}

func askOnce(fd int) error {
	defer func() { _ = unix.Close(fd) }() // its response was read
	if _, err := unix.Write(fd, []byte(httpRequest)); err != nil {
		return err
	}
	_, err := unix.Read(fd, make([]byte, len(httpResponse)))
	return err
}

// TestEagerReaders: of two hooks that meet a socket for the first time at the same
// moment, the one at the sender's and the one at the reader's, none loses the
// exchange; and a client that leaves with its response in hand, before the hook of the
// server's send has run, has not aborted it. A request that was read before the hook
// at its arrival has run did not wait. (Its response may be sent before that hook too:
// then it takes a capture that is older than a minute to tell.)
func TestEagerReaders(t *testing.T) {
	const n = 5000
	c, p := wholeRun(t, "socket", eager, 32<<20, n, func(c *Capture) {
		require.NoError(t, c.objects.AttachedNs.Set(new(Clock).Sync()-uint64(time.Hour))) // unsigned, in the kernel too
	})
	answered, queued := map[uint8]int{}, 0
	drainExchanges(t, c, func(e *record.Exchange) {
		if int(e.Process.Tgid) == p.pid && e.Outcome == record.Answered {
			answered[e.Role]++
		}
		if int(e.Process.Tgid) == p.pid && e.Role == record.RoleServer && e.Flags&record.FlagQueueKnown != 0 {
			queued++
		}
	})
	counters, err := c.Counters()
	require.NoError(t, err)
	assert.Zero(t, counters.Lost["socket_storage"])
	assert.Equal(t, map[uint8]int{record.RoleServer: n, record.RoleClient: n}, answered)
	assert.Equal(t, n, queued, "known queue times")
}
