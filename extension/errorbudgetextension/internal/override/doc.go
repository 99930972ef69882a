// SPDX-License-Identifier: Apache-2.0

// Package override keeps the decisions of people that overrule a budget. They
// live in the audit log and nowhere else: what is in force is what the log says.
package override // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/override"
