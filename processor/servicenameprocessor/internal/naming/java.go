// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"regexp"
	"strings"
)

// javaName walks a command line of java: properties that name the service, then
// the jar, the module or the main class
// (https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html).
func (t *Tables) javaName(l *language, args []string, folder string) found {
	if name := property(l, args); name != "" {
		return found{name, FromExisting}
	}
	for len(args) != 0 {
		word := args[0]
		switch {
		case word == "-jar" && len(args) > 1:
			return found{t.jarName(args[1], folder), FromScript}
		case (word == "-m" || word == "--module") && len(args) > 1:
			return found{t.className(l, args[1]), FromModule}
		case isOption(word):
			_, args = l.read(args)
		case strings.HasPrefix(word, "@"): // a file of further arguments
			args = args[1:]
		case strings.HasSuffix(word, ".java"): // java Shop.java compiles and runs it
			return found{t.scriptName(word, []string{".java"}, folder), FromScript}
		default:
			return found{t.className(l, word), FromModule}
		}
	}
	return nothing
}

// property returns the value of the first property that names the service, as
// -Dotel.service.name=shop or --spring.application.name=shop. Only these are
// read: others hold passwords.
func property(l *language, args []string) string {
	for _, key := range l.Properties {
		for _, arg := range args {
			for _, prefix := range []string{"-D", "--"} {
				if value, ok := strings.CutPrefix(arg, prefix+key+"="); ok && value != "" {
					return value
				}
			}
		}
	}
	return ""
}

// className names a main class: well-known ones by the table, others by their
// simple name, or by their package where that says nothing.
func (t *Tables) className(l *language, class string) string {
	if name, ok := l.Mains[class]; ok {
		return name
	}
	if _, inModule, ok := strings.Cut(class, "/"); ok {
		class = inModule
	}
	parts := strings.Split(class, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		name := strings.TrimSuffix(parts[i], "$")
		if !t.GenericClasses.has(name) && !t.GenericFolders.has(name) && name != "" {
			return name
		}
	}
	return parts[len(parts)-1]
}

var (
	jarVersion = regexp.MustCompile(`[-_.]v?\d+(\.\d+)+([-.]?(?i:rc|m|alpha|beta|b|build)[-.]?\d*)?(-\d+)?$`)
	jarSuffix  = regexp.MustCompile(`(?i)[-_.](all|exec|fat|shaded|uber|boot|runner|standalone|jar-with-dependencies|snapshot|release|final|ga)$`)
)

// jarName names a jar without its version and the marks of build tools.
func (t *Tables) jarName(jar, folder string) string {
	dir, file := splitScript(jar)
	stem := trimExtension(file, []string{".jar", ".war"})
	for {
		shorter := jarVersion.ReplaceAllString(jarSuffix.ReplaceAllString(stem, ""), "")
		if shorter == stem || shorter == "" {
			break
		}
		stem = shorter
	}
	if t.GenericJars.has(strings.ToLower(stem)) {
		if !strings.HasPrefix(dir, "/") {
			dir = folder + "/" + dir
		}
		if name := t.folderName(dir); name != "" {
			return name
		}
	}
	return stem
}
