// SPDX-License-Identifier: Apache-2.0

package process

import (
	"regexp"
	"strings"
)

const redacted = "[redacted]"

var (
	secretName = regexp.MustCompile(`(?i)(pass|pwd|secret|token|credential|api[-_]?key|auth)`)
	userInfo   = regexp.MustCompile(`://[^/@\s]+@`)
)

// redactArgs hides what looks like a credential: the value of an option or
// variable with a telling name, and the user information of a URL. Command lines
// leave the host with the spans; credentials do not.
func redactArgs(args []string) []string {
	hideNext := false
	for i, arg := range args {
		if i == 0 {
			continue
		}
		name, _, assigned := strings.Cut(arg, "=")
		switch {
		case hideNext && !strings.HasPrefix(arg, "-"):
			args[i] = redacted
			hideNext = false
			continue
		case assigned && secretName.MatchString(name):
			args[i] = name + "=" + redacted
		default:
			args[i] = userInfo.ReplaceAllString(arg, "://"+redacted+"@")
		}
		hideNext = !assigned && strings.HasPrefix(arg, "-") && secretName.MatchString(arg)
	}
	return args
}
