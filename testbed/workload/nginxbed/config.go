// SPDX-License-Identifier: Apache-2.0

package nginxbed

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options are what the server is to be.
type Options struct {
	// Locations gives exact paths a status code, answered with a body of a few
	// bytes. Everything else is a 404, unless Files has it.
	Locations map[string]int
	// Files gives exact paths a file of so many bytes, sent by sendfile.
	Files map[string]int
	// Workers is the number of worker processes; 0 means 1.
	Workers int
	// Name gives the program another name, so that it is another service than any
	// other nginx on the host; empty means nginx.
	Name string
	// Unix makes it listen on a Unix socket in its directory.
	Unix bool
	// HTTP2 makes it speak HTTP/2 with prior knowledge, and HTTP/1 to nobody.
	HTTP2 bool
	// User is whom the workers run as when the test is root; empty means
	// www-data, whom every Debian has.
	User string
	// Connections that a worker takes; 0 means 4096.
	Connections int
}

// configTemplate takes: user line, workers, connections a worker, address, locations.
const configTemplate = `%s
worker_processes %d;
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_rlimit_nofile 20000;
events { worker_connections %d; }
http {
  # One line a request, written when it has ended; unbuffered, so that a line is
  # lost to no stop.
  log_format counted escape=json
    '{"uri":"$uri","method":"$request_method","status":$status,"seconds":$request_time,"bytes":$body_bytes_sent}';
  access_log access.log counted;
  default_type text/plain;
  keepalive_requests 1000000;
  sendfile on;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen %s;
    root files;
%s    location / { return 404; }
  }
}
`

// write lays out the server's directory.
func (o Options) write(dir, address string) error {
	var locations strings.Builder
	for _, path := range slices.Sorted(maps.Keys(o.Locations)) {
		fmt.Fprintf(&locations, "    location = %s { return %d \"%d\\n\"; }\n", path, o.Locations[path], o.Locations[path])
	}
	for _, path := range slices.Sorted(maps.Keys(o.Files)) {
		fmt.Fprintf(&locations, "    location = %s { }\n", path)
		name := filepath.Join(dir, "files", filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(strings.Repeat("x", o.Files[path])), 0o644); err != nil {
			return err
		}
	}
	user := ""
	if os.Geteuid() == 0 {
		name := o.User
		if name == "" {
			name = "www-data"
		}
		user = "user " + name + ";"
	}
	if o.HTTP2 {
		address += " http2"
	}
	config := fmt.Sprintf(configTemplate, user, max(o.Workers, 1), cmp.Or(o.Connections, 4096), address, locations.String())
	return os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o644)
}
