// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"strconv"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// Code writes a status code as text. Those that are common cost no allocation.
func Code(status int) string {
	switch status {
	case 400:
		return "400"
	case 401:
		return "401"
	case 403:
		return "403"
	case 404:
		return "404"
	case 429:
		return "429"
	case 500:
		return "500"
	case 502:
		return "502"
	case 503:
		return "503"
	case 504:
		return "504"
	}
	return strconv.Itoa(status)
}

// StatusClass of a code, 0 if it is not known. One beyond the classes is to be
// taken as a server error (RFC 9110, section 15).
func StatusClass(status int) string {
	switch status / 100 {
	case 0:
		return semconv.StatusClassUnknown
	case 1:
		return "1xx"
	case 2:
		return "2xx"
	case 3:
		return "3xx"
	case 4:
		return "4xx"
	}
	return "5xx"
}
