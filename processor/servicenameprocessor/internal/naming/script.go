// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"path"
	"regexp"
	"strings"
)

// stem returns a script's name without its folder and extension.
func (l *language) stem(script string) string {
	_, file := splitScript(script)
	return trimExtension(file, l.Extensions)
}

func trimExtension(file string, extensions []string) string {
	for _, ext := range extensions {
		if stem, ok := strings.CutSuffix(file, ext); ok && stem != "" {
			return stem
		}
	}
	return file
}

// splitScript returns a script's folder and file name. Of an address only the
// path is kept: before it may stand a password, behind it a token.
func splitScript(script string) (folder, file string) {
	script = strings.ReplaceAll(script, `\`, "/")
	if _, address, ok := strings.Cut(script, "://"); ok {
		address, _, _ = strings.Cut(address, "?")
		address, _, _ = strings.Cut(address, "#")
		_, script, _ = strings.Cut(address, "/")
		script = "/" + script
	}
	return path.Dir(script), path.Base(script)
}

// scriptName names a script: its file's name, or its folder's where the file's
// says nothing, as index.js. If the folder says nothing either, the file's name
// is all that is known.
func (t *Tables) scriptName(script string, extensions []string, working string) string {
	folder, file := splitScript(script)
	if !path.IsAbs(folder) && working != "" {
		folder = path.Join(working, folder)
	}
	stem := trimExtension(file, extensions)
	// A tool in node_modules runs for the project around it.
	if project, _, ok := strings.Cut(folder+"/", "/node_modules/"); ok {
		if name := t.folderName(project); name != "" {
			return name
		}
		return stem
	}
	if t.GenericScripts.has(strings.ToLower(stem)) {
		if name := t.folderName(folder); name != "" {
			return name
		}
	}
	return stem
}

// release is a folder that a deployment tool named by version or date.
var release = regexp.MustCompile(`^v?\d[\d.]*$`)

// folderName returns the innermost folder that says something, or nothing. The
// name of a user's home says who, not what.
func (t *Tables) folderName(folder string) string {
	parts := strings.Split(strings.Trim(strings.ReplaceAll(folder, `\`, "/"), "/"), "/")
	if len(parts) > 1 && (parts[0] == "home" || parts[0] == "Users") {
		parts = parts[2:]
	}
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		if p == "" || p == "." || p == ".." || t.GenericFolders.has(strings.ToLower(p)) || release.MatchString(p) {
			continue
		}
		return p
	}
	return ""
}
