// SPDX-License-Identifier: Apache-2.0

// Package mariadbbed starts Debian's MariaDB; its own status counters are the truth
// that a capture is compared with.
package mariadbbed // import "github.com/sloe-dev/sloe/testbed/workload/mariadbbed"

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const (
	serverProgram  = "/usr/sbin/mariadbd"
	installProgram = "/usr/bin/mariadb-install-db"
	patience       = 30 * time.Second
)

// Password of the user clerk.
const Password = "hunter2"

// Options are what the server is to be.
type Options struct {
	// Name gives the program a name, so that it is another service than any other
	// MariaDB on the host.
	Name string
	// Unix makes it listen on a Unix socket only.
	Unix bool
	// Args are further words of its command line.
	Args []string
}

// MariaDB is a running server. Its user root has no password, and there is a database
// "shop" and a user "clerk" with Password.
type MariaDB struct {
	*process.Process
	// Address is host:port, or unix: and a path: where the clients of a test connect.
	Address string

	control string // the Unix socket that the counters are asked for through
	dir     string
	port    string
	left    uint64
}

// Start starts a server on a free port of 127.0.0.1, or on a socket. The test's end
// stops it. It fails where mariadb-server is not installed (`make test` installs it).
func Start(t testing.TB, o Options) *MariaDB {
	t.Helper()
	m := &MariaDB{dir: t.TempDir()}
	data := filepath.Join(m.dir, "data")
	m.control = filepath.Join(m.dir, "s")
	install(t, data)
	args := []string{
		"--no-defaults", "--user=root", "--datadir=" + data, "--socket=" + m.control, "--innodb-buffer-pool-size=16M",
		"--innodb-flush-log-at-trx-commit=0", "--local-infile=1", "--max-connections=300", "--max-allowed-packet=64M",
		"--max-prepared-stmt-count=10000", "--pid-file=" + filepath.Join(m.dir, "pid"),
	}
	if o.Unix {
		m.Address = "unix:" + m.control
		args = append(args, "--skip-networking")
	} else {
		m.Address = nginxbed.FreeAddress(t)
		_, port, err := net.SplitHostPort(m.Address)
		require.NoError(t, err)
		m.port = port
		args = append(args, "--port="+port, "--bind-address=127.0.0.1")
	}
	var err error
	m.Process, err = process.Start(process.Command{Path: process.Copy(t, "mariadb-server", serverProgram, filepath.Join(m.dir, o.Name)), Args: append(args, o.Args...), Dir: m.dir})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Kill()) })
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := address.Dial("unix:" + m.control); err == nil {
			require.NoError(t, conn.Close())
			break
		}
		require.True(t, time.Now().Before(deadline), "mariadbd does not accept connections:\n%s", m.Stderr())
	}
	m.SQL(t, "CREATE DATABASE shop; CREATE USER clerk IDENTIFIED BY 'hunter2'; CREATE USER clerk@localhost IDENTIFIED BY 'hunter2';"+
		"GRANT ALL ON shop.* TO clerk; GRANT ALL ON shop.* TO clerk@localhost")
	return m
}

// install makes an empty data directory.
func install(t testing.TB, data string) {
	t.Helper()
	out, err := exec.Command(installProgram, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal",
		"--skip-test-db", "--user=root").CombinedOutput()
	require.NoError(t, err, "mariadb-server is missing? `make test` installs it\n%s", out)
}

// Where are the words by which the programs of MariaDB find the server.
func (m *MariaDB) Where() []string {
	if m.port == "" {
		return []string{"--socket=" + m.control}
	}
	return []string{"--host=127.0.0.1", "--port=" + m.port}
}

// DSN is the same for go-sql-driver/mysql, for the user clerk and the database shop.
func (m *MariaDB) DSN(parameters string) string { return m.DSNOf("", parameters) }

// DSNOf is DSN for another user of the same password, empty for clerk.
func (m *MariaDB) DSNOf(user, parameters string) string {
	if user == "" {
		user = "clerk"
	}
	where := "unix(" + m.control + ")"
	if m.port != "" {
		where = "tcp(" + m.Address + ")"
	}
	return user + ":" + Password + "@" + where + "/shop?" + parameters
}

// User makes a user of a name, who may do in the database shop what clerk may. identified is
// the end of CREATE USER, such as IDENTIFIED VIA ed25519 USING PASSWORD('hunter2').
func (m *MariaDB) User(t testing.TB, name, identified string) {
	t.Helper()
	m.SQL(t, fmt.Sprintf("CREATE USER %[1]s@'%%' %[2]s; CREATE USER %[1]s@localhost %[2]s; GRANT ALL ON shop.* TO %[1]s@'%%'; GRANT ALL ON shop.* TO %[1]s@localhost", name, identified))
}

// MySQLdb runs a program in Python as a process of a service name, behind
//
//	import MySQLdb
//	where = {how to find the server, with the database shop}
func (m *MariaDB) MySQLdb(t testing.TB, service, program string) string {
	t.Helper()
	where := fmt.Sprintf("dict(unix_socket=%q, db='shop')", m.control)
	if m.port != "" {
		where = fmt.Sprintf("dict(host='127.0.0.1', port=%s, db='shop')", m.port)
	}
	return run(t, service, "/usr/bin/python3", []string{"-c", "import MySQLdb\nwhere = " + where + "\n" + program})
}
