// SPDX-License-Identifier: Apache-2.0

package process

import (
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// telling is part of the names that credentials go by.
const telling = `(?:pass|pwd|secret|token|credential|api[-_]?key|auth)`

var (
	secretName = regexp.MustCompile(`(?i)` + telling)
	// secrets finds credentials within an argument; what is kept is the first group.
	secrets = []*regexp.Regexp{
		regexp.MustCompile(`(://)[^/\s]+(@)`),                                               // user information of a URL
		regexp.MustCompile(`(?i)([\w.-]*` + telling + `[\w.-]*=)\S+`),                       // a variable, a parameter of a URL
		regexp.MustCompile(`(?i)([\w-]*(?:` + telling + `|cookie)[\w-]*:\s).+`),             // a header field
		regexp.MustCompile(`(?i)("[^"]*` + telling + `[^"]*"\s*:\s*)(?:"[^"]*"|[^\s",}]+)`), // a member of JSON
		regexp.MustCompile(`(?i)(\s--?[\w-]*` + telling + `[\w-]*\s+)[^\s-]\S*`),            // an option in a title of many words
	}
)

// redactArgs hides what looks like a credential: the value of an option,
// variable, field or member with a telling name, the user information of a URL,
// and the password of -u user:password. Command lines leave the host with the
// spans; credentials do not. In doubt it hides. A credential that nothing tells
// apart, as in -pPASSWORD, cannot be seen.
func redactArgs(args []string) []string {
	before := ""
	for i, arg := range args {
		args[i] = redactArg(before, arg)
		before = arg
		if i == 0 {
			before = ""
		}
	}
	return args
}

// redactArg hides credentials of one argument behind another one.
func redactArg(before, arg string) string {
	if option := strings.HasPrefix(arg, "-"); !option && strings.HasPrefix(before, "-") {
		if !strings.Contains(before, "=") && secretName.MatchString(before) {
			return redacted
		}
		if user, _, ok := strings.Cut(arg, ":"); ok && (before == "-u" || before == "--user") {
			return user + ":" + redacted
		}
	}
	if name, _, ok := strings.Cut(arg, "="); ok && secretName.MatchString(name) && !strings.ContainsAny(name, " \t") {
		return name + "=" + redacted
	}
	for _, s := range secrets {
		arg = s.ReplaceAllString(arg, "${1}"+redacted+"${2}")
	}
	return arg
}
