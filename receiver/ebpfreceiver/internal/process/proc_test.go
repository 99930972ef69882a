// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestFromProcOfChild reads a real process, that of the test with a name of its own.
func TestFromProcOfChild(t *testing.T) {
	if os.Getenv("SLOE_TEST_CHILD") != "" {
		time.Sleep(time.Minute) // killed long before
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestFromProcOfChild$", "-test.v=false")
	child.Env = append(os.Environ(), "SLOE_TEST_CHILD=1", "OTEL_SERVICE_NAME=shop", "OTEL_RESOURCE_ATTRIBUTES=team=web")
	require.NoError(t, child.Start())
	defer func() { _ = child.Wait() }()
	defer func() { require.NoError(t, child.Process.Kill()) }()

	p := record.Process{Tgid: uint32(child.Process.Pid)}
	p.Start = startTicks(filepath.Join("/proc", strconv.Itoa(child.Process.Pid))) * nanosecondsPerTick
	require.NotZero(t, p.Start)
	var id *Identity
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the child may not have executed yet
		var ok bool
		id, ok = FromProc("/proc", p)
		require.True(c, ok)
		assert.Equal(c, "shop", id.ServiceName)
	}, 10*time.Second, 10*time.Millisecond)
	assert.Equal(t, map[string]string{"team": "web"}, id.Attributes)
	executable, err := os.Executable()
	require.NoError(t, err)
	assert.Equal(t, executable, id.Path)
	assert.Equal(t, filepath.Base(executable), id.Executable)
	assert.Equal(t, child.Args, id.Args)

	p.Start += nanosecondsPerTick
	_, ok := FromProc("/proc", p)
	assert.False(t, ok, "another process has the pid")
}

// fakeProc makes a /proc with one process, 42, started 7 s after boot.
func fakeProc(t *testing.T, files map[string]string) (string, record.Process) {
	root := t.TempDir()
	dir := filepath.Join(root, "42")
	require.NoError(t, os.Mkdir(dir, 0o755))
	all := map[string]string{
		"comm": "gunicorn\n",
		"stat": "42 (a) b (c)) S 1 " + strings.Repeat("0 ", 17) + "700 5 6\n",
	}
	for name, text := range files {
		all[name] = text
	}
	for name, text := range all {
		if name == "exe" {
			require.NoError(t, os.Symlink(text, filepath.Join(dir, name)))
		} else if text != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
	}
	return root, record.Process{Tgid: 42, Start: 7e9 + 9_999_999}
}

func TestFromProc(t *testing.T) {
	tests := []struct {
		what  string
		files map[string]string
		want  *Identity // nil: not visible
	}{
		{"all may be read", map[string]string{
			"exe": "/usr/bin/python3.11", "cmdline": "python3\x00app.py\x00--token\x00x\x00",
			"environ": "A=B\x00OTEL_SERVICE_NAME=shop\x00OTEL_RESOURCE_ATTRIBUTES=team=web\x00",
			"cgroup":  "0::/system.slice/docker-" + id64 + ".scope\n",
			"status":  "Name:\tpython3\nUid:\t0\t33\t0\t0\n",
		}, &Identity{
			PID: 42, Executable: "python3.11", Path: "/usr/bin/python3.11", Args: []string{"python3", "app.py", "--token", "[redacted]"},
			ContainerID: id64, ServiceName: "shop", Attributes: map[string]string{"team": "web"},
			UID: 33, UIDKnown: true, Cgroup: "/system.slice/docker-" + id64 + ".scope", commandLine: "python3 app.py --token x",
		}},
		{"another user's: exe and environ may not be read", map[string]string{"cmdline": "gunicorn\x00shop:app\x00", "cgroup": "0::/user.slice\n"},
			&Identity{PID: 42, Executable: "gunicorn", Args: []string{"gunicorn", "shop:app"}, Cgroup: "/user.slice", commandLine: "gunicorn shop:app", Attributes: map[string]string{}}},
		{"the executable was replaced", map[string]string{"exe": "/usr/sbin/nginx (deleted)"},
			&Identity{PID: 42, Executable: "nginx", Path: "/usr/sbin/nginx", Attributes: map[string]string{}}},
		{"cgroups of version 1", map[string]string{"cgroup": "2:cpu:/docker/" + id64 + "\n1:name=systemd:/docker/" + id64 + "\n"},
			&Identity{PID: 42, Executable: "gunicorn", ContainerID: id64, Cgroup: "/docker/" + id64, Attributes: map[string]string{}}},
		{"a user id that is no number", map[string]string{"status": "Uid:\tx\ty\n"},
			&Identity{PID: 42, Executable: "gunicorn", Attributes: map[string]string{}}},
		{"it is gone", map[string]string{"comm": ""}, nil},
		{"its start may not be read", map[string]string{"stat": ""}, nil},
		{"its start is no number", map[string]string{"stat": "42 (a) S 1 " + strings.Repeat("x ", 20)}, nil},
		{"another process has the pid", map[string]string{"stat": "42 (a) S 1 " + strings.Repeat("0 ", 17) + "701 5 6\n"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			root, p := fakeProc(t, tt.files)
			id, ok := FromProc(root, p)
			require.Equal(t, tt.want != nil, ok)
			assert.Equal(t, tt.want, id)
		})
	}
}

func TestAddPath(t *testing.T) {
	root, p := fakeProc(t, map[string]string{"exe": "/usr/sbin/nginx (deleted)"})
	id := &Identity{PID: 42, Executable: "nginx"}
	id.AddPath(root, p)
	assert.Equal(t, "/usr/sbin/nginx", id.Path)

	id = &Identity{PID: 42, Executable: "redis-server"} // it executed another program meanwhile
	id.AddPath(root, p)
	assert.Empty(t, id.Path)
	id = &Identity{PID: 42, Executable: "nginx"}
	id.AddPath(root, record.Process{Tgid: 42, Start: p.Start + nanosecondsPerTick}) // another one has its pid, here or in another namespace
	assert.Empty(t, id.Path)
	id.AddPath(root, record.Process{Tgid: 43, Start: p.Start}) // gone
	assert.Empty(t, id.Path)
}
