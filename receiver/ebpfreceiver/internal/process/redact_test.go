// SPDX-License-Identifier: Apache-2.0

package process

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRedactArgs(t *testing.T) {
	tests := []struct{ what, in, want string }{
		{"an option with its value behind it", "app|--password|hunter2|serve", "app|--password|[redacted]|serve"},
		{"the same with one dash", "java|-storepass|hunter2", "java|-storepass|[redacted]"},
		{"an option that another one follows has no value", "app|--token|--verbose|x", "app|--token|--verbose|x"},
		{"an option with its value assigned", "app|--api-key=hunter2", "app|--api-key=[redacted]"},
		{"assigned: what follows is not its value", "app|--secret=hunter2|serve", "app|--secret=[redacted]|serve"},
		{"a system property", "java|-Djavax.net.ssl.keyStorePassword=hunter2|Main", "java|-Djavax.net.ssl.keyStorePassword=[redacted]|Main"},
		{"a variable", "env|DB_PASSWORD=hunter2|app", "env|DB_PASSWORD=[redacted]|app"},
		{"a variable within an option", "docker|--env=DB_PASSWORD=hunter2", "docker|--env=DB_PASSWORD=[redacted]"},
		{"user information of a URL", "app|postgres://me:hunter2@db/shop", "app|postgres://[redacted]@db/shop"},
		{"an at sign in the password", "app|--db=postgres://me:a@hunter2@db/shop", "app|--db=postgres://[redacted]@db/shop"},
		{"an at sign in a path is none", "app|http://files/a@b", "app|http://files/a@b"},
		{"a parameter of a URL", "curl|http://shop/?user=me&access_token=hunter2", "curl|http://shop/?user=me&access_token=[redacted]"},
		{"a header field", "curl|-H|Authorization: Bearer hunter2", "curl|-H|Authorization: [redacted]"},
		{"a cookie", "curl|--header=Cookie: session=hunter2", "curl|--header=Cookie: [redacted]"},
		{"curl's user", "curl|-u|me:hunter2|http://shop/", "curl|-u|me:[redacted]|http://shop/"},
		{"a user without a password", "curl|--user|me", "curl|--user|me"},
		{"a member of JSON", `app|{"user":"me","password": "hunter2","n":1}`, `app|{"user":"me","password": [redacted],"n":1}`},
		{"a title that holds all of a command line", "app --password hunter2 --token=hunter2 -v", "app --password [redacted] --token=[redacted] -v"},
		{"a module of that name is named by it", "uvicorn|auth:app|auth_service.main:app", "uvicorn|auth:app|auth_service.main:app"},
		{"an executable of that name too", "/opt/auth/server|serve", "/opt/auth/server|serve"},
		{"arguments of no interest", "nginx: worker process", "nginx: worker process"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			got := strings.Join(redactArgs(strings.Split(tt.in, "|")), "|")
			assert.Equal(t, tt.want, got)
			assert.NotContains(t, got, "hunter2")
		})
	}
}
