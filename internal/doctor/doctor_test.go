// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/backend"
)

// host is one that has everything, in files that a test may change.
type host struct {
	Host
	t *testing.T
}

func newHost(t *testing.T) *host {
	dir := t.TempDir()
	h := &host{t: t, Host: Host{
		Proc: filepath.Join(dir, "proc"), Sys: filepath.Join(dir, "sys"),
		Types:        func() (*btf.Spec, error) { return nil, nil },
		Synchronized: func() (bool, error) { return true, nil },
		Try: func(b *backend.Backend, _ *btf.Spec) ([]backend.Hook, error) {
			return []backend.Hook{{Kind: backend.Tracepoint, Target: b.Name}}, nil
		},
	}}
	h.write("proc/self/status", fmt.Sprintf("CapEff:\t%016x\n", 1<<unix.CAP_BPF|1<<unix.CAP_PERFMON))
	h.write("proc/sys/net/core/optmem_max", "131072\n")
	h.write("sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
	h.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
	h.write("proc/1/keep", "")
	require.NoError(t, os.Symlink("/sbin/init", filepath.Join(h.Proc, "1/exe")))
	return h
}

func (h *host) write(file, text string) {
	path := filepath.Join(filepath.Dir(h.Proc), file)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(h.t, os.WriteFile(path, []byte(text), 0o600))
}

func (h *host) remove(file string) {
	require.NoError(h.t, os.RemoveAll(filepath.Join(filepath.Dir(h.Proc), file)))
}

// oldKernel has type information, and of it nothing that the receiver needs.
func oldKernel(t *testing.T) *btf.Spec {
	b, err := btf.NewBuilder(nil, nil)
	require.NoError(t, err)
	_, err = b.Add(&btf.Enum{Name: "bpf_func_id", Size: 4, Values: []btf.EnumValue{{Name: "BPF_FUNC_unspec"}}})
	require.NoError(t, err)
	types, err := b.Spec()
	require.NoError(t, err)
	return types
}

func states(r Report) map[string]State {
	out := map[string]State{}
	for _, c := range r.Checks {
		out[c.Name] = c.State
	}
	return out
}

func TestExamine(t *testing.T) {
	all := map[string]State{
		"cap_bpf": OK, "cap_perfmon": OK, "btf": OK, "lockdown": OK, "cgroup_v2": OK, "proc": OK, "memlock": OK, "optmem_max": OK, "clock": OK,
	}
	refused := errors.New("the verifier refuses it")
	for _, tt := range []struct {
		what    string
		change  func(h *host)
		differs map[string]State
		backend string // that is taken, empty if none works
		missing string // of the first back-end
	}{
		{"everything is there", func(*host) {}, nil, backend.Socket, ""},
		{"the first back-end is refused", func(h *host) {
			h.Try = func(b *backend.Backend, _ *btf.Spec) ([]backend.Hook, error) {
				if b.Name == backend.Socket {
					return nil, refused
				}
				return nil, nil
			}
		}, nil, backend.Fexit, refused.Error()},
		{"all are refused", func(h *host) {
			h.Try = func(*backend.Backend, *btf.Spec) ([]backend.Hook, error) { return nil, refused }
		}, nil, "", refused.Error()},
		{"no capability: nothing is tried", func(h *host) {
			h.write("proc/self/status", "CapEff:\t0000000000000000\n")
			h.Types = func() (*btf.Spec, error) { return oldKernel(h.t), nil }
			h.Try = func(*backend.Backend, *btf.Spec) ([]backend.Hook, error) { panic("without a capability") }
		}, map[string]State{"cap_bpf": Missing, "cap_perfmon": Missing}, "", "has no helper"},
		{"half of the capabilities", func(h *host) {
			h.write("proc/self/status", fmt.Sprintf("CapEff:\t%016x\n", 1<<unix.CAP_BPF))
			h.Types = func() (*btf.Spec, error) { return oldKernel(h.t), nil }
		}, map[string]State{"cap_perfmon": Missing}, "", "has no helper"},
		{"no type information", func(h *host) {
			h.Types = func() (*btf.Spec, error) { return nil, errors.New("no vmlinux") }
		}, map[string]State{"btf": Missing}, "", "no vmlinux"},
		{"confidential", func(h *host) { h.write("sys/kernel/security/lockdown", "none integrity [confidentiality]\n") },
			map[string]State{"lockdown": Note}, backend.Socket, ""},
		{"no lockdown", func(h *host) { h.remove("sys/kernel/security") }, nil, backend.Socket, ""},
		{"cgroups of both versions", func(h *host) {
			h.remove("sys/fs/cgroup/cgroup.controllers")
			h.write("sys/fs/cgroup/unified/cgroup.controllers", "")
		}, nil, backend.Socket, ""},
		{"cgroups of version 1", func(h *host) { h.remove("sys/fs/cgroup/cgroup.controllers") },
			map[string]State{"cgroup_v2": Note}, backend.Socket, ""},
		{"others cannot be seen", func(h *host) { h.remove("proc/1/exe") }, map[string]State{"proc": Note}, backend.Socket, ""},
		{"no room in a socket", func(h *host) { h.write("proc/sys/net/core/optmem_max", "1024\n") },
			map[string]State{"optmem_max": Note}, backend.Socket, ""},
		{"no such limit", func(h *host) { h.remove("proc/sys") }, map[string]State{"optmem_max": Note}, backend.Socket, ""},
		{"a clock of its own", func(h *host) { h.Synchronized = func() (bool, error) { return false, nil } },
			map[string]State{"clock": Note}, backend.Socket, ""},
		{"no clock to ask", func(h *host) { h.Synchronized = func() (bool, error) { return false, unix.EPERM } },
			map[string]State{"clock": Note}, backend.Socket, ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			h := newHost(t)
			tt.change(h)
			r := h.Examine()
			want := map[string]State{}
			for name, state := range all {
				want[name] = state
			}
			for name, state := range tt.differs {
				want[name] = state
			}
			assert.Equal(t, want, states(r))
			assert.Equal(t, tt.backend, r.Backend)
			assert.Equal(t, tt.backend != "", r.Works)
			require.Len(t, r.Backends, len(backend.All()))
			assert.Contains(t, r.Backends[0].Missing, tt.missing)
			assert.Equal(t, tt.missing == "", r.Backends[0].Works)
			for _, b := range r.Backends {
				assert.NotEmpty(t, b.Unseen)
				assert.NotEmpty(t, b.Cost)
			}
			for _, c := range r.Checks {
				assert.NotEmpty(t, c.Says, c.Name)
				assert.NotEmpty(t, c.Needed, c.Name)
			}
		})
	}
}

// TestThisHost: what is found here is what the receiver finds.
func TestThisHost(t *testing.T) {
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	r := This().Examine()
	require.True(t, r.Works, "%+v", r)
	assert.NotEmpty(t, r.Backend)
	i := 0
	for r.Backends[i].Name != r.Backend {
		assert.False(t, r.Backends[i].Works)
		assert.NotEmpty(t, r.Backends[i].Missing)
		i++
	}
	assert.NotEmpty(t, r.Backends[i].Hooks)
	assert.NotContains(t, states(r), Missing)
}
