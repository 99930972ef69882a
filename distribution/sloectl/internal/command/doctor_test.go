// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/internal/doctor"
)

// bare is a host of which nothing but the capabilities is known, whose kernel has no
// types.
func bare(t *testing.T) doctor.Host {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "self"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "self/status"), []byte("CapEff:\t000001ffffffffff\n"), 0o600))
	return doctor.Host{
		Proc: dir, Sys: dir, Synchronized: func() (bool, error) { return true, nil },
		Types: func() (*btf.Spec, error) { return nil, errors.New("no type information") },
		Try:   func(*backend.Backend, *btf.Spec) ([]backend.Hook, error) { panic("without types") },
	}
}

func TestDoctor(t *testing.T) {
	host := bare(t)
	for _, tt := range []struct {
		output string
		works  bool
		want   []string
	}{
		{"table", false, []string{"the receiver does not work\n", "back-end socket\n  does not work: no type information", "btf", "missing", "all of the receiver"}},
		{"table", true, []string{"the receiver works, with the back-end socket\n", "  hooks   tp_btf/sock_send_length\n", "unseen", "cost"}},
		{"json", true, []string{`"works": true`, `"backend": "socket"`, `"state": "ok"`}},
		{"yaml", false, []string{"works: false\n", "missing: no type information\n"}},
	} {
		if tt.works {
			host.Types = func() (*btf.Spec, error) { return nil, nil }
			host.Try = func(*backend.Backend, *btf.Spec) ([]backend.Hook, error) {
				return []backend.Hook{{Kind: backend.Tracepoint, Target: "sock_send_length"}}, nil
			}
		} else {
			host = bare(t)
		}
		var out bytes.Buffer
		err := examine(&options{output: tt.output, timeout: 1}, &out, host)
		for _, want := range tt.want {
			assert.Contains(t, out.String(), want)
		}
		if tt.works {
			assert.NoError(t, err)
		} else {
			assert.Equal(t, verdict(exitUnfit), err)
		}
		if tt.output == "json" {
			assert.True(t, json.Valid(out.Bytes()))
		}
	}
}

func TestDoctorFlags(t *testing.T) {
	for _, args := range [][]string{{"doctor", "-o", "xml"}, {"doctor", "now"}} {
		code, out, errOut := run(args...)
		assert.Equal(t, exitUnknown, code)
		assert.Empty(t, out)
		assert.NotEmpty(t, errOut)
	}
}
