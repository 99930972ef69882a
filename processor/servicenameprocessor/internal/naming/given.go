// SPDX-License-Identifier: Apache-2.0

package naming

import "strings"

// sdkDefault is what the SDKs call a service that nobody named: alone, or with
// the executable's name behind a colon (specification of the SDK's resource).
const sdkDefault = "unknown_service"

// Given is what a resource says of its service beside the process.
type Given struct {
	// Name is service.name.
	Name string
	// SDKLanguage is telemetry.sdk.language.
	SDKLanguage string
}

// Real tells whether the name is one that somebody chose: neither empty, nor an
// interpreter's, nor the default of the SDKs.
func (t *Tables) Real(name string) bool {
	return name != "" && !strings.HasPrefix(name, sdkDefault) && !t.IsInterpreter(name)
}

// ResolveGiven names a service of whose process nothing is known. The name is
// empty if there is nothing better than what the resource says.
func (t *Tables) ResolveGiven(g Given) Answer {
	if l := t.languageOf(g.Name); l != nil {
		return Answer{unknown(l.name), Unknown}
	}
	if executable, ok := strings.CutPrefix(g.Name, sdkDefault+":"); ok {
		if a := t.Resolve(&Process{Executable: executable}); a.Name != "" {
			return a
		}
	}
	if l := t.bySDK[g.SDKLanguage]; l != nil {
		return Answer{unknown(l.name), Unknown}
	}
	if language := Sanitize(g.SDKLanguage); language != "" {
		return Answer{unknown(language), Unknown}
	}
	return Answer{Source: Unknown}
}
