// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// watchful shows a request that is not answered after a second, and watchTime is long enough
// to see it.
const (
	watchful  = "{stuck_after: 1s, metrics_interval: 1s}"
	watchTime = 3 * time.Second
)

// catchUp waits until the server has sent all that it wrote so far to each of so many streams.
func catchUp(t *testing.T, p *postgresbed.PostgreSQL, streams int) {
	t.Helper()
	end := p.SQL(t, "SELECT pg_current_wal_lsn()")
	caught := "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sent_lsn >= '" + end + "'"
	for deadline := time.Now().Add(patience); p.SQL(t, caught) != fmt.Sprint(streams); time.Sleep(100 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "no stream catches up:\n%s", p.Log())
	}
}

// requireNothingPends: of none of the services anything is open, aborted, unmeasured, or of an
// unknown status.
func requireNothingPends(t *testing.T, b *bed, services ...string) {
	t.Helper()
	tallies := b.tallies(t)
	for _, service := range services {
		assert.Empty(t, b.open(t, service), "open at %s", service)
		assert.Empty(t, b.unmeasured(t, service), "unmeasured at %s", service)
		if y := tallies[service]; y != nil {
			for _, kind := range []string{semconv.KindServer, semconv.KindClient} {
				for _, class := range []string{semconv.AbortedByServer, semconv.AbortedByClient, semconv.StatusClassUnknown} {
					assert.Zero(t, y.total(kind+" "+class), "%s %s at %s", kind, class, service)
				}
			}
		}
	}
}

// open lists what was told of a service's open requests, collection by collection.
func (b *bed) open(t *testing.T, service string) (told []int64) {
	t.Helper()
	for _, md := range b.Metrics(t, "metrics.json") {
		for _, rm := range md.ResourceMetrics().All() {
			if str(rm.Resource().Attributes(), semconv.ServiceName) != service {
				continue
			}
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() == semconv.OpenExchanges {
						for _, dp := range m.Gauge().DataPoints().All() {
							told = append(told, dp.IntValue())
						}
					}
				}
			}
		}
	}
	return told
}

// databases are those of a service's spans.
func (b *bed) databases(t *testing.T, service string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for s := range b.spansOf(t, service) {
		out[str(s.Attributes(), semconv.DBNamespace)] = true
	}
	return out
}

// TestPostgreSQLReplica: a replica is copied (pg_basebackup) and follows the server's stream.
// The commands that ask for these are operations, of which the server's log has a line each
// (log_replication_commands). What the stream carries, either way and for as long as it goes
// on, is none, and nothing that waits for an answer; nor is the end of the stream.
func TestPostgreSQLReplica(t *testing.T) {
	serverName, replicaName, clientName := serviceName("postgres"), serviceName("replica"), serviceName("shop")
	b := startBed(t, bedOptions{ebpf: watchful})
	p := postgresbed.Start(t, postgresbed.Options{Name: serverName})
	bench("simple")(t, p, clientName)
	r := p.Replica(t, postgresbed.Options{Name: replicaName})
	catchUp(t, p, 1)
	p.Client(t, clientName, "pgbench", "-n", "-c", "8", "-t", "100")
	catchUp(t, p, 1)
	time.Sleep(watchTime)
	require.NoError(t, r.Stop(patience))
	clerk, own, replica := p.Counts(t), p.All(), r.All()
	t.Logf("at the server %+v, at the replica %+v", own, replica)
	require.NotZero(t, clerk.Replications)
	byClients := clerk.Operations() - clerk.Replications

	b.waitBudget(t, clientName, "db_availability", byClients, patience)
	b.waitBudget(t, replicaName, "db_availability", clerk.Replications, patience)
	kernel := b.settledCounts(t)
	b.Terminate(t)
	y := b.tallies(t)
	requireNothingPends(t, b, serverName, replicaName, clientName)
	assert.Equal(t, own.Operations(), y[serverName].server(), "operations at the server")
	assert.Equal(t, own.OK(), y[serverName].total("server ok"))
	assert.Equal(t, clerk.Replications, y[replicaName].total("client ok"), "commands of who copies and of who follows")
	assert.Equal(t, clerk.Replications, y[replicaName].SLI["db_latency good"]+y[replicaName].SLI["db_latency bad"], "whose ends are known")
	assert.Equal(t, replica.Operations(), y[replicaName].server(), "operations at the replica")
	assert.Equal(t, map[string]bool{"": true, "postgres": true}, b.databases(t, replicaName), "a physical replica is in none")
	assert.Equal(t, byClients, y[clientName].total("client ok"))
	exactTable.add(exactRow{scenario: "a replica follows", server: "PostgreSQL", own: own.Operations(), spans: y[serverName].spans(),
		unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
}

// TestPostgreSQLStreams: the same of programs that only take the stream, physical and logical,
// which here begins before the collector as well as behind it: of one that is older nothing is
// counted at all.
func TestPostgreSQLStreams(t *testing.T) {
	follow := map[string]func(t *testing.T, p *postgresbed.PostgreSQL, service string) (stop func()){
		"pg_receivewal": func(t *testing.T, p *postgresbed.PostgreSQL, service string) func() {
			s := p.Launch(t, service, filepath.Join(postgresbed.Programs(t), "pg_receivewal"), "-D", t.TempDir(), "--no-loop", "--status-interval=1")
			return func() {
				require.NoError(t, s.Signal(syscall.SIGINT))
				require.Zero(t, s.ExitCode(), s.Stderr())
			}
		},
		"pg_recvlogical": func(t *testing.T, p *postgresbed.PostgreSQL, service string) func() {
			program, file := filepath.Join(postgresbed.Programs(t), "pg_recvlogical"), filepath.Join(t.TempDir(), "changes")
			p.Client(t, service, program, "--create-slot", "-S", "changes", "-d", postgresbed.Database)
			s := p.Launch(t, service, program, "--start", "-S", "changes", "-d", postgresbed.Database, "-f", file, "--no-loop", "--status-interval=1")
			return func() {
				require.NoError(t, s.Signal(syscall.SIGINT))
				require.Zero(t, s.ExitCode(), s.Stderr())
			}
		},
	}
	for program, start := range follow {
		for when, older := range map[string]bool{"": false, ", older than the collector": true} {
			for where, unix := range map[string]bool{"": false, ", a Unix socket": true} {
				name := program + when + where
				t.Run(name, func(t *testing.T) {
					live(t)
					serverName, followerName, clientName := serviceName("postgres"), serviceName("follower"), serviceName("shop")
					p := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: unix, Args: []string{"-c", "wal_level=logical"}})
					p.Client(t, "", "pgbench", "-i", "-q", "-s", "1")
					stop := func() {}
					if older {
						stop = start(t, p, followerName)
						catchUp(t, p, 1)
					}
					before, allBefore := p.Counts(t), p.All()
					b := startBed(t, bedOptions{ebpf: watchful})
					if !older {
						stop = start(t, p, followerName)
					}
					catchUp(t, p, 1)
					p.Client(t, clientName, "pgbench", "-n", "-c", "8", "-t", "100")
					catchUp(t, p, 1)
					time.Sleep(watchTime)
					stop()
					clerk, own := p.Counts(t).Minus(before), p.All().Minus(allBefore)
					t.Logf("at the server %+v, of them Clerk's %+v", own, clerk)
					const benched = 2 + 800*7
					b.waitBudget(t, clientName, "db_availability", benched, patience)
					kernel := b.settledCounts(t)
					b.Terminate(t)
					y := b.tallies(t)
					requireNothingPends(t, b, serverName, followerName, clientName)
					assert.Equal(t, own.Operations(), y[serverName].server(), "operations at the server")
					assert.Equal(t, own.OK(), y[serverName].total("server ok"))
					assert.EqualValues(t, benched, y[clientName].total("client ok"))
					if older {
						assert.Zero(t, clerk.Replications)
						assert.Nil(t, y[followerName])
					} else {
						assert.NotZero(t, clerk.Replications)
						assert.Equal(t, clerk.OK()-benched, y[followerName].total("client ok"))
						assert.Equal(t, clerk.OK()-benched, y[followerName].SLI["db_latency good"]+y[followerName].SLI["db_latency bad"], "whose ends are known")
					}
					exactTable.add(exactRow{scenario: name, server: "PostgreSQL", own: own.Operations(), spans: y[serverName].spans(),
						unspanned: y[serverName].unspanned(), kernel: kernel, equal: !t.Failed()})
				})
			}
		}
	}
}
