// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
)

// kernel is type information with these tracepoints and functions, and with all helpers.
func kernel(t *testing.T, tracepoints, functions []string) *btf.Spec {
	t.Helper()
	return kernelWith(t, tracepoints, functions, "task_pt_regs", "skc_to_unix_sock", "loop")
}

func kernelWith(t *testing.T, tracepoints, functions []string, helpers ...string) *btf.Spec {
	t.Helper()
	b, err := btf.NewBuilder(nil, nil)
	require.NoError(t, err)
	ids := &btf.Enum{Name: "bpf_func_id", Size: 4, Values: []btf.EnumValue{{Name: "BPF_FUNC_unspec"}}}
	for i, name := range helpers {
		ids.Values = append(ids.Values, btf.EnumValue{Name: "BPF_FUNC_" + name, Value: uint64(i + 1)})
	}
	_, err = b.Add(ids)
	require.NoError(t, err)
	for _, name := range tracepoints {
		_, err := b.Add(&btf.Typedef{Name: "btf_trace_" + name, Type: &btf.Pointer{Target: &btf.Void{}}})
		require.NoError(t, err)
	}
	for _, name := range functions {
		_, err := b.Add(&btf.Func{Name: name, Type: &btf.FuncProto{Return: &btf.Void{}}, Linkage: btf.StaticFunc})
		require.NoError(t, err)
	}
	types, err := b.Spec()
	require.NoError(t, err)
	return types
}

var (
	always    = []string{"sched_process_exec", "sched_process_exit", "tcp_destroy_sock", "inet_sock_set_state"}
	from63    = append([]string{"sk_data_ready", "sock_recv_length", "sock_send_length"}, always...)
	functions = []string{"inet_sendmsg", "inet_recvmsg", "sock_def_readable"}
)

func TestHooks(t *testing.T) {
	tests := []struct {
		what      string
		backend   string
		types     *btf.Spec
		queueTime bool
		want      []string // besides those of all back-ends
		err       string
	}{
		{"tracepoints", Socket, kernel(t, from63, nil), true, []string{"tp_btf/sk_data_ready", "tp_btf/sock_recv_length", "tp_btf/sock_send_length"}, ""},
		{"no queue times", Socket, kernel(t, from63, nil), false, []string{"tp_btf/sock_recv_length", "tp_btf/sock_send_length"}, ""},
		{"before Linux 6.3", Socket, kernel(t, always, functions), true, nil, "no tracepoint sk_data_ready, which Linux has since 6.3"},
		{"before Linux 6.3, no queue times", Socket, kernel(t, always, functions), false, nil, "no tracepoint sock_recv_length, which Linux has since 6.3"},
		{"functions alone", Fexit, kernel(t, always, functions), true, []string{"fentry/sock_def_readable", "fexit/inet_recvmsg", "fexit/inet_sendmsg"}, ""},
		{"and sendpage", Fexit, kernel(t, always, append([]string{"tcp_sendpage"}, functions...)), false, []string{"fexit/inet_recvmsg", "fexit/inet_sendmsg", "fexit/tcp_sendpage"}, ""},
		{"no such function", Fexit, kernel(t, always, functions[1:]), false, nil, "no function inet_sendmsg, which Linux has since 2.6"},
		{"before Linux 5.15", Fexit, kernelWith(t, always, functions, "sk_storage_get"), true, nil, "no helper bpf_task_pt_regs, which Linux has since 5.15"},
		{"before Linux 5.16", Fexit, kernelWith(t, always, functions, "task_pt_regs"), true, nil, "no helper bpf_skc_to_unix_sock, which Linux has since 5.16"},
		{"before Linux 5.17", Fexit, kernelWith(t, always, functions, "task_pt_regs", "skc_to_unix_sock"), true, nil, "no helper bpf_loop, which Linux has since 5.17"},
		{"no end of connections", Socket, kernel(t, from63[:5], nil), true, nil, "no tracepoint tcp_destroy_sock, which Linux has since 4.15"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			candidates := Candidates(tt.backend)
			require.Len(t, candidates, 1)
			hooks, err := candidates[0].Hooks(tt.types, tt.queueTime)
			if tt.err != "" {
				require.ErrorIs(t, err, ErrUnsupported)
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			var names []string
			for _, h := range hooks[len(common):] {
				if h.Module == "" { // whether IPv6 is there, this host decides
					names = append(names, h.String())
				}
			}
			assert.Equal(t, tt.want, names)
		})
	}
}

// TestHelpersAreCalled: what is asked of a kernel is what the programs call.
func TestHelpersAreCalled(t *testing.T) {
	spec, err := bpf.LoadSocket()
	require.NoError(t, err)
	called := map[asm.BuiltinFunc]bool{}
	for _, p := range spec.Programs {
		for _, i := range p.Instructions {
			if i.IsBuiltinCall() {
				called[asm.BuiltinFunc(i.Constant)] = true
			}
		}
	}
	ids := map[string]asm.BuiltinFunc{"task_pt_regs": asm.FnTaskPtRegs, "skc_to_unix_sock": asm.FnSkcToUnixSock, "loop": asm.FnLoop}
	for _, h := range helpers {
		assert.True(t, called[ids[h.name]], h.name)
	}
	assert.Len(t, ids, len(helpers))
}

func TestCandidates(t *testing.T) {
	assert.Equal(t, []string{Auto, Socket, Fexit}, Names())
	assert.Equal(t, All(), Candidates(Auto))
	for _, b := range All() {
		assert.Equal(t, []*Backend{b}, Candidates(b.Name))
		assert.NotEmpty(t, b.Unseen)
	}
	assert.Empty(t, Candidates("fentry"))
	assert.Empty(t, Candidates(""))
}

// TestEveryProgramHasAHook: the object and the back-ends name the same programs,
// at the same places.
func TestEveryProgramHasAHook(t *testing.T) {
	spec, err := bpf.LoadSocket()
	require.NoError(t, err)
	named := slices.Clone(utilities)
	for _, h := range common {
		named = append(named, h.Program)
		assert.Equal(t, h.String(), spec.Programs[h.Program].SectionName)
	}
	for _, b := range All() {
		for _, h := range b.IO {
			named = append(named, h.Program)
			assert.Equal(t, h.String(), spec.Programs[h.Program].SectionName)
		}
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(spec.Programs)), named)

	Keep(spec, []Hook{common[0]})
	assert.ElementsMatch(t, append([]string{common[0].Program}, utilities...), slices.Collect(maps.Keys(spec.Programs)))
}

func TestRelease(t *testing.T) { assert.NotEqual(t, "of unknown version", Release()) }

func TestPreemptsTracepoints(t *testing.T) {
	for release, want := range map[string]bool{"6.3.0": false, "6.12.117+deb12-cloud-amd64": false, "6.18.44": false, "6.19.1": true, "7.3.0-1-amd64": true, "": true, "six": true} {
		assert.Equal(t, want, preemptsTracepoints(release, "#1 SMP PREEMPT_DYNAMIC"), release)
	}
	assert.True(t, preemptsTracepoints("6.12.1", "#1 SMP PREEMPT_RT"))
}
