// SPDX-License-Identifier: Apache-2.0

// Package e2e holds the tests of the built collector on live traffic: kernel to
// gate, against servers that count for themselves.
package e2e // import "github.com/sloe-dev/sloe/testbed/e2e"
