// SPDX-License-Identifier: Apache-2.0

package naming

// runnerApplication names the application that a runner loads: by the name that
// somebody gave, the application itself, its configuration file, or its folder.
func (t *Tables) runnerApplication(r *runner, name string, args []string, folder string) found {
	var given, app, config, chosen string
	for len(args) != 0 {
		word := args[0]
		if !isOption(word) {
			if app == "" && r.Target && !r.Subcommands.has(word) {
				app = word
			}
			args = args[1:]
			continue
		}
		var o option
		o, args = r.read(args)
		switch {
		case r.Name.has(o.name):
			given = o.value
		case r.App.has(o.name):
			app = o.value
		case r.Config.has(o.name):
			config = o.value
		case r.Folder.has(o.name):
			chosen = o.value
		}
	}
	if chosen != "" {
		folder = chosen
	}
	switch {
	case given != "":
		return found{given, FromModule}
	case app != "":
		return found{t.applicationName(app, folder), FromModule}
	case config != "":
		return found{t.scriptName(config, configExtensions, folder), FromModule}
	case t.folderName(folder) != "":
		return found{t.folderName(folder), FromModule}
	case r.Tool:
		return found{name, FromModule}
	}
	return nothing
}

// configExtensions are cut off a configuration file's name.
var configExtensions = []string{".ini", ".yaml", ".yml", ".json", ".xml", ".toml"}
