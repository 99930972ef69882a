// SPDX-License-Identifier: Apache-2.0

package naming

import "strings"

// moduleName names a dotted module: shop.main is shop, and http.server itself.
func (t *Tables) moduleName(module string) string {
	parts := strings.Split(module, ".")
	for len(parts) > 1 && t.GenericModules.has(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

// applicationName names what a runner is given: a module with an object
// (shop.wsgi:app), or a file (config.ru, /srv/shop/wsgi.py).
func (t *Tables) applicationName(app, folder string) string {
	if _, mounted, ok := strings.Cut(app, "="); ok {
		app = mounted // uwsgi --mount /shop=shop.wsgi:app
	}
	if strings.Contains(app, "/") || isFile(app) {
		file, _, _ := strings.Cut(app, ":")
		return t.scriptName(file, applicationExtensions, folder)
	}
	module, _, _ := strings.Cut(app, ":")
	name := t.moduleName(module)
	if t.GenericModules.has(name) || t.GenericScripts.has(name) {
		if outer := t.folderName(folder); outer != "" {
			return outer
		}
	}
	return name
}

var applicationExtensions = []string{".py", ".pyc", ".ru", ".psgi", ".pl"}

func isFile(app string) bool {
	file, _, _ := strings.Cut(app, ":")
	return trimExtension(file, applicationExtensions) != file
}
