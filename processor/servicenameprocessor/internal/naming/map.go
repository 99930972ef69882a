// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"fmt"
	"strings"
)

// Map holds the names that were given by hand, in their order.
type Map []MapRule

// MapRule names a process by its executable, and by an argument if one is given.
type MapRule struct {
	Executable, Argument, Name string
}

// ParseMapRule reads executable=name or executable:path=name, as in
// python3.11:/usr/local/bin/gunicorn=order-service.
func ParseMapRule(text string) (MapRule, error) {
	const form = "must have the form executable=name or executable:path=name"
	at := strings.LastIndex(text, "=")
	if at < 0 {
		return MapRule{}, fmt.Errorf("%s, not %q", form, text)
	}
	r := MapRule{Name: strings.TrimSpace(text[at+1:])}
	var argued bool
	r.Executable, r.Argument, argued = strings.Cut(strings.TrimSpace(text[:at]), ":")
	switch {
	case r.Executable == "" || strings.Contains(r.Executable, "/"):
		return MapRule{}, fmt.Errorf("%s; the executable is a name without a folder, not %q", form, r.Executable)
	case argued && r.Argument == "":
		return MapRule{}, fmt.Errorf("%s; the path behind %q is empty", form, r.Executable+":")
	case r.Name == "" || Sanitize(r.Name) != r.Name:
		return MapRule{}, fmt.Errorf("%s; the name holds letters, digits and . _ - / and has at most %d bytes, not %q", form, maxName, r.Name)
	}
	return r, nil
}

// Match returns the name of the first rule that fits the process. The executable
// must be equal, and the path to an argument, if the rule has one.
func (m Map) Match(p *Process) (string, bool) {
	for _, r := range m {
		if r.Executable != p.executable() && r.Executable != base(p.Path) && (len(p.Args) == 0 || r.Executable != base(p.Args[0])) {
			continue
		}
		if r.Argument == "" {
			return r.Name, true
		}
		for _, arg := range p.Args {
			if arg == r.Argument {
				return r.Name, true
			}
		}
	}
	return "", false
}
