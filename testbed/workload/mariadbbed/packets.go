// SPDX-License-Identifier: Apache-2.0

package mariadbbed

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
)

// Packets is a client that says what a test puts into packets: for what no library does.
type Packets struct {
	conn net.Conn
	in   *bufio.Reader
}

// Capabilities of clients (https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html).
const (
	longPassword = 1 << 0
	connectDB    = 1 << 3
	localFiles   = 1 << 7
	protocol41   = 1 << 9
	transactions = 1 << 13
	secure       = 1 << 15
	multi        = 1<<16 | 1<<17
	plugin       = 1 << 19
	// DeprecateEOF agrees to do without the end of columns.
	DeprecateEOF = 1 << 24
)

const greetingNumber = 0

// Connect logs in as clerk, in the database shop, with capabilities besides the usual ones.
func (m *MariaDB) Connect(t testing.TB, capabilities uint32) *Packets {
	t.Helper()
	conn, err := address.Dial(m.Address)
	require.NoError(t, err)
	p := &Packets{conn: conn, in: bufio.NewReader(conn)}
	t.Cleanup(func() { assert.NoError(t, conn.Close()) })
	greeting, number := p.read(t)
	require.Equal(t, greetingNumber, number)
	version := 1
	for greeting[version] != 0 {
		version++
	}
	at := version + 1 + 4
	scramble := append([]byte{}, greeting[at:at+8]...)
	at += 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10
	scramble = append(scramble, greeting[at:at+12]...)
	login := binary.LittleEndian.AppendUint32(nil, capabilities|longPassword|connectDB|localFiles|protocol41|transactions|secure|multi|plugin)
	login = binary.LittleEndian.AppendUint32(login, 1<<24)
	login = append(login, 45)
	login = append(login, make([]byte, 23)...)
	login = append(login, "clerk\x00\x14"...)
	login = append(login, native("hunter2", scramble)...)
	login = append(login, "shop\x00mysql_native_password\x00"...)
	p.write(t, 1, login)
	answer, _ := p.read(t)
	require.EqualValues(t, 0, answer[0], "the log-in failed: %q", answer)
	return p
}

// native is what mysql_native_password makes of a password.
func native(password string, scramble []byte) []byte {
	one := sha1.Sum([]byte(password))
	two := sha1.Sum(one[:])
	three := sha1.Sum(append(scramble[:20:20], two[:]...))
	for i := range three {
		three[i] ^= one[i]
	}
	return three[:]
}

func (p *Packets) read(t testing.TB) (payload []byte, number int) {
	t.Helper()
	var head [4]byte
	_, err := io.ReadFull(p.in, head[:])
	require.NoError(t, err)
	payload = make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err = io.ReadFull(p.in, payload)
	require.NoError(t, err)
	return payload, int(head[3])
}

func framed(number byte, payload []byte) []byte {
	n := len(payload)
	return append([]byte{byte(n), byte(n >> 8), byte(n >> 16), number}, payload...)
}

func (p *Packets) write(t testing.TB, number byte, payload []byte) {
	t.Helper()
	_, err := p.conn.Write(framed(number, payload))
	require.NoError(t, err)
}

// Command sends a command and reads so many packets of its answer. It returns the last.
func (p *Packets) Command(t testing.TB, packets int, payload string) []byte {
	t.Helper()
	p.write(t, 0, []byte(payload))
	return p.Answer(t, packets)
}

// Commands sends several at once.
func (p *Packets) Commands(t testing.TB, payloads ...string) {
	t.Helper()
	var all []byte
	for _, payload := range payloads {
		all = append(all, framed(0, []byte(payload))...)
	}
	_, err := p.conn.Write(all)
	require.NoError(t, err)
}

// Answer reads so many packets and returns the last.
func (p *Packets) Answer(t testing.TB, packets int) []byte {
	t.Helper()
	var last []byte
	for range packets {
		last, _ = p.read(t)
	}
	return last
}

// File sends a file in packets of a size, and the empty packet that ends it.
func (p *Packets) File(t testing.TB, content []byte, size int) {
	t.Helper()
	number := byte(2)
	for ; len(content) > 0; number++ {
		n := min(size, len(content))
		p.write(t, number, content[:n])
		content = content[n:]
	}
	p.write(t, number, nil)
}

// Statement writes the command that runs a prepared statement of no parameters.
func Statement(id uint32, flags byte) string {
	b := binary.LittleEndian.AppendUint32([]byte{0x17}, id)
	return fmt.Sprintf("%s%c\x01\x00\x00\x00", b, flags)
}
