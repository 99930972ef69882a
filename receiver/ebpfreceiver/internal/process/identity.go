// SPDX-License-Identifier: Apache-2.0

// Package process tells who a process is: its executable, command line,
// container, and the names that its environment gives it.
package process // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/internal/semconv"
)

// Identity is what is known of one process image. It does not change once made.
type Identity struct {
	PID uint32
	// Executable is the last component of the executable's path, as the process
	// sees it.
	Executable string
	// Path of the executable, empty where it may not be read.
	Path string
	// Args is the command line without what looks like a credential. It may be
	// cut short.
	Args []string
	// ContainerID is empty for a process outside of containers.
	ContainerID string
	// ServiceName is the process's own OTEL_SERVICE_NAME, or service.name of its
	// OTEL_RESOURCE_ATTRIBUTES.
	ServiceName string
	// Attributes are the process's own OTEL_RESOURCE_ATTRIBUTES.
	Attributes map[string]string
	// UID is the effective user id in the initial user namespace, unless it is not
	// known.
	UID      uint32
	UIDKnown bool
	// Cgroup is the path in the unified hierarchy, its last components if it is
	// deep; empty if it is not known.
	Cgroup string
	// Pod of Kubernetes, empty outside of one.
	Pod Pod

	commandLine string
}

// CommandLine is the command line as it is, its arguments apart by spaces. It may
// be cut short and hold credentials: it is to be compared, not to be shown.
func (id *Identity) CommandLine() string { return id.commandLine }

// The variables of a process's environment that name its service.
const (
	serviceNameVariable        = "OTEL_SERVICE_NAME="
	resourceAttributesVariable = "OTEL_RESOURCE_ATTRIBUTES="
)

// FromKernel makes an Identity of what a hook read in the process's own context.
func FromKernel(pid uint32, raw *bpf.SocketProcessIdentity) *Identity {
	id := &Identity{PID: pid, Executable: text(raw.Executable[:])}
	if id.Executable == "" {
		id.Executable = text(raw.Comm[:])
	}
	args := make([]byte, 0, len(raw.Args))
	for _, c := range raw.Args[:min(int(raw.ArgsLen), len(raw.Args))] {
		args = append(args, byte(c))
	}
	id.setCommandLine(args)
	id.UID, id.UIDKnown = raw.Uid, true
	var names []string // from the leaf up
	for i := range raw.Cgroup {
		if name := text(raw.Cgroup[i][:]); name != "" {
			names = append(names, name)
		}
	}
	id.setCgroup(names)
	// a variable that fills the kernel's buffer was cut: half a value is another value
	name, attributes := text(raw.ServiceName[:]), text(raw.ResourceAttributes[:])
	if len(serviceNameVariable)+len(name) >= len(raw.ServiceName)-1 {
		name = ""
	}
	if len(resourceAttributesVariable)+len(attributes) >= len(raw.ResourceAttributes)-1 {
		attributes = attributes[:max(0, strings.LastIndexByte(attributes, ','))]
	}
	id.setEnvironment(name, attributes)
	return id
}

// setCgroup takes the components of the cgroup's path, the last one first.
func (id *Identity) setCgroup(names []string) {
	for _, name := range names {
		if id.ContainerID == "" {
			id.ContainerID = containerID(name)
		}
		if id.Pod.UID == "" {
			id.Pod.UID = podUID(name)
		}
	}
	slices.Reverse(names)
	if len(names) > 0 {
		id.Cgroup = "/" + strings.Join(names, "/")
	}
}

// setPod completes the pod with what its folder of logs tells. What the process
// says of itself counts more: it may be in a pod of another cluster inside of a
// container.
func (id *Identity) setPod(pods *Pods) {
	id.Pod = pods.Find(id.Pod.UID)
	for key, to := range map[string]*string{
		semconv.K8SNamespaceName: &id.Pod.Namespace, semconv.K8SPodName: &id.Pod.Name, semconv.K8SPodUID: &id.Pod.UID,
	} {
		if own := id.Attributes[key]; own != "" {
			*to = own
		}
	}
}

// setEnvironment takes the values of OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES. The former wins, as in every SDK.
func (id *Identity) setEnvironment(name, attributes string) {
	id.Attributes = parseAttributes(attributes)
	id.ServiceName = name
	if name == "" {
		id.ServiceName = id.Attributes[semconv.ServiceName]
	}
	delete(id.Attributes, semconv.ServiceName)
}

// parseAttributes reads key=value,key=value with percent-encoded values, the
// format of OTEL_RESOURCE_ATTRIBUTES. A part that is not of the format is left
// out.
func parseAttributes(s string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(part, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			continue
		}
		value = strings.TrimSpace(value)
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		out[key] = strings.ToValidUTF8(value, "\uFFFD")
	}
	return out
}

func (id *Identity) setCommandLine(b []byte) {
	id.Args = splitArgs(b)
	line := bytes.ReplaceAll(bytes.TrimRight(b, "\x00"), []byte{0}, []byte{' '})
	id.commandLine = strings.ToValidUTF8(string(line), "\uFFFD")
}

// splitArgs cuts a command line at its NULs. A process may have overwritten it
// with a title, which is then its only argument.
func splitArgs(b []byte) []string {
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return nil
	}
	return redactArgs(strings.Split(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00"))
}

func text(c []int8) string {
	b := make([]byte, 0, len(c))
	for _, x := range c {
		if x == 0 {
			break
		}
		b = append(b, byte(x))
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
