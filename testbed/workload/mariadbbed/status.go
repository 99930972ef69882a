// SPDX-License-Identifier: Apache-2.0

package mariadbbed

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Status are the server's own counters, by name.
type Status map[string]uint64

// Minus is what was counted since an earlier status.
func (s Status) Minus(earlier Status) Status {
	out := Status{}
	for name, n := range s {
		if n != earlier[name] {
			out[name] = n - earlier[name]
		}
	}
	return out
}

// OwnQuestions is what one call of Status or SQL adds to Questions: the query itself,
// which an answer holds already, and that the program leaves, which only a later one does.
const OwnQuestions = 2

// Status returns SHOW GLOBAL STATUS, asked through the Unix socket by a program that is
// started for it.
func (m *MariaDB) Status(t testing.TB) Status {
	t.Helper()
	out := m.SQL(t, "SHOW GLOBAL STATUS")
	s := Status{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if n, err := strconv.ParseUint(value, 10, 64); err == nil {
			s[name] = n
		}
	}
	require.NotEmpty(t, s)
	return s
}

// SQL runs statements as root, apart from the clients of a test, and returns what the
// program prints.
func (m *MariaDB) SQL(t testing.TB, statements string) string {
	t.Helper()
	m.left++
	return run(t, "", "mariadb", []string{"--no-defaults", "--user=root", "--socket=" + m.control, "--skip-ssl", "--batch", "--skip-column-names", "--execute=" + statements})
}

// CLI runs the client mariadb as the user clerk in the database shop, as a process of a
// service name.
func (m *MariaDB) CLI(t testing.TB, service string, words ...string) string {
	t.Helper()
	return run(t, service, "mariadb", m.cliWords(words))
}

// TryCLI is CLI for statements of which some fail: it returns the program's error.
func (m *MariaDB) TryCLI(service string, words ...string) error {
	return command(service, "mariadb", m.cliWords(words)).Run()
}

func (m *MariaDB) cliWords(words []string) []string {
	words = append(append([]string{"--no-defaults", "--user=clerk", "--password=hunter2"}, m.Where()...), words...)
	return append(words, "shop")
}

// Sysbench runs sysbench's test of a name in the same way.
func (m *MariaDB) Sysbench(t testing.TB, service, name, command string, words ...string) string {
	t.Helper()
	args := []string{"--db-driver=mysql", "--mysql-user=clerk", "--mysql-password=hunter2", "--mysql-db=shop"}
	if m.port == "" {
		args = append(args, "--mysql-socket="+m.control)
	} else {
		args = append(args, "--mysql-host=127.0.0.1", "--mysql-port="+m.port)
	}
	return run(t, service, "sysbench", append(append(args, words...), name, command))
}

func run(t testing.TB, service, program string, words []string) string {
	t.Helper()
	out, err := command(service, program, words).CombinedOutput()
	require.NoError(t, err, fmt.Sprintf("%s %s:\n%s", program, strings.Join(words, " "), out))
	return string(out)
}

func command(service, program string, words []string) *exec.Cmd {
	cmd := exec.Command(program, words...)
	cmd.Env = os.Environ()
	if service != "" {
		cmd.Env = append(cmd.Env, "OTEL_SERVICE_NAME="+service)
	}
	return cmd
}

// What Transactions runs: sysbench's oltp_read_only on several connections, whose
// transactions are of 16 statements, and its oltp_read_write, of 20, on one, so that none
// waits for another and fails.
const (
	readers, reading = 4, 200
	writing          = 50
	// SysbenchConnections and SysbenchOperations are what comes of it.
	SysbenchConnections = readers + 1
	SysbenchOperations  = reading*16 + writing*20
)

// Transactions runs them, as a process of a service name. The tables are made by nobody's.
func (m *MariaDB) Transactions(t testing.TB, service, mode string) {
	t.Helper()
	tables := []string{"--tables=1", "--table-size=1000"}
	m.Sysbench(t, "", "oltp_read_write", "prepare", tables...)
	m.left++
	run := func(name string, threads, events int) {
		m.Sysbench(t, service, name, "run", append(tables, mode, "--time=0", fmt.Sprint("--threads=", threads), fmt.Sprint("--events=", events))...)
	}
	run("oltp_read_only", readers, reading)
	run("oltp_read_write", 1, writing)
}

// Left is how many connections of the bed's own clients have ended: of those that ask, and
// that set up.
func (m *MariaDB) Left() uint64 { return m.left }
