// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

const (
	uid      = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
	uidSlice = "0a1b2c3d_0a1b_0a1b_0a1b_0a1b2c3d4e5f"
	hashUID  = "0123456789abcdef0123456789abcdef"
)

func TestPodUID(t *testing.T) {
	for cgroup, want := range map[string]string{
		"kubepods-burstable-pod" + uidSlice + ".slice":  uid,
		"kubepods-besteffort-pod" + uidSlice + ".slice": uid,
		"kubepods-pod" + uidSlice + ".slice":            uid, // guaranteed
		"pod" + uid:                                     uid, // cgroupfs driver
		"pod" + hashUID:                                 hashUID,
		"kubepods-burstable.slice":                      "",
		"pod" + uid + "0":                               "",
		"mypod" + uid:                                   "",
		"podman-" + uid:                                 "",
		"cri-containerd-" + id64 + ".scope":             "",
		"":                                              "",
	} {
		assert.Equal(t, want, podUID(cgroup), cgroup)
	}
}

func TestPods(t *testing.T) {
	dir := t.TempDir()
	pods := &Pods{Directory: dir}
	assert.Equal(t, Pod{UID: uid}, pods.Find(uid), "its folder is not there")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "web_shop-7d9c_"+uid), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "something_else"), 0o755))
	assert.Equal(t, Pod{UID: uid}, pods.Find(uid), "it is not looked for all the time")
	pods.scanned = pods.scanned.Add(-rescan)
	shop := Pod{UID: uid, Namespace: "web", Name: "shop-7d9c"}
	assert.Equal(t, shop, pods.Find(uid))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "kube-system_etcd-node1_"+hashUID), 0o755))
	assert.Equal(t, Pod{UID: hashUID, Namespace: "kube-system", Name: "etcd-node1"}, pods.Find(hashUID), "a new one is looked for at once")
	require.NoError(t, os.Remove(filepath.Join(dir, "web_shop-7d9c_"+uid)))
	assert.Equal(t, shop, pods.Find(uid), "its last processes keep their name")

	assert.Equal(t, Pod{UID: uid}, (&Pods{Directory: filepath.Join(dir, "absent")}).Find(uid))
	assert.Equal(t, Pod{UID: uid}, (&Pods{}).Find(uid))
	assert.Equal(t, Pod{}, pods.Find(""))
	var none *Pods
	assert.Equal(t, Pod{UID: uid}, none.Find(uid))
	assert.Less(t, time.Since(pods.scanned), time.Minute)
}

// TestPodOfProcess: the pod of a process is that of its cgroup's uid; what the
// process says of itself counts more.
func TestPodOfProcess(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "web_shop-7d9c_"+uid), 0o755))
	own := raw("java", "java\x00")
	put(own.Cgroup[0][:], "cri-containerd-"+id64+".scope")
	put(own.Cgroup[1][:], "kubepods-burstable-pod"+uidSlice+".slice")
	r := &Registry{ProcRoot: t.TempDir(), Pods: &Pods{Directory: dir}, Lookup: func(record.Process) (*bpf.SocketProcessIdentity, bool) { return own, true }}
	id := r.Get(record.Process{Tgid: 1})
	assert.Equal(t, Pod{UID: uid, Namespace: "web", Name: "shop-7d9c"}, id.Pod)
	assert.Equal(t, id64, id.ContainerID)

	put(own.ResourceAttributes[:], "k8s.namespace.name=inner,k8s.pod.name=other")
	assert.Equal(t, Pod{UID: uid, Namespace: "inner", Name: "other"}, r.Get(record.Process{Tgid: 2}).Pod)

	none := raw("java", "java\x00")
	put(none.ResourceAttributes[:], "k8s.namespace.name=web,k8s.pod.name=shop")
	r.Lookup = func(record.Process) (*bpf.SocketProcessIdentity, bool) { return none, true }
	assert.Equal(t, Pod{Namespace: "web", Name: "shop"}, r.Get(record.Process{Tgid: 3}).Pod, "without the directory too")
}
