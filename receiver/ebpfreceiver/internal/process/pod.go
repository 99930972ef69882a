// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Pod is the Kubernetes pod of a process. What is not known is empty.
type Pod struct {
	UID       string
	Namespace string
	Name      string
}

// podName finds a pod's uid in the name of its cgroup. The systemd driver writes _
// for -; a static pod's uid is a hash without either.
var podName = regexp.MustCompile(`^(?:kubepods-(?:burstable-|besteffort-)?)?pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$`)

// podUID finds the uid of the pod that the cgroup is of.
func podUID(cgroup string) string {
	m := podName.FindStringSubmatch(cgroup)
	if m == nil {
		return ""
	}
	return strings.ReplaceAll(m[1], "_", "-")
}

// rescan bounds how often the folders are listed for pods that are not there.
const rescan = 5 * time.Second

// Pods knows the names of this host's pods without asking an API server, by the
// folders that the kubelet makes for their logs: NAMESPACE_NAME_UID. It makes a
// folder before it starts the pod's first container. Pods may be used from any
// goroutine.
type Pods struct {
	// Directory of the logs, /var/log/pods; empty or not readable: no pod has a
	// name.
	Directory string

	mu      sync.Mutex
	byUID   map[string]Pod
	scanned time.Time
	missed  map[string]struct{} // that were not there at the last scan
}

// Find returns the pod of a uid, with no more than that if nothing else is known.
func (p *Pods) Find(uid string) Pod {
	if p == nil || p.Directory == "" || uid == "" {
		return Pod{UID: uid}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if pod, ok := p.byUID[uid]; ok {
		return pod
	}
	if _, ok := p.missed[uid]; ok && time.Since(p.scanned) < rescan {
		return Pod{UID: uid}
	}
	p.scan()
	if pod, ok := p.byUID[uid]; ok {
		return pod
	}
	p.missed[uid] = struct{}{}
	return Pod{UID: uid}
}

// scan lists the folders. What is gone is forgotten.
func (p *Pods) scan() {
	p.byUID, p.missed, p.scanned = map[string]Pod{}, map[string]struct{}{}, time.Now()
	entries, err := os.ReadDir(p.Directory)
	if err != nil {
		return
	}
	for _, e := range entries {
		// neither a namespace nor a pod's name may have a _ (RFC 1123)
		parts := strings.Split(e.Name(), "_")
		if len(parts) == 3 {
			p.byUID[parts[2]] = Pod{UID: parts[2], Namespace: parts[0], Name: parts[1]}
		}
	}
}
