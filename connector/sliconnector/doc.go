// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package sliconnector counts good and bad events of service level indicators.
package sliconnector // import "github.com/sloe-dev/sloe/connector/sliconnector"
