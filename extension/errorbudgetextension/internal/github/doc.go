// SPDX-License-Identifier: Apache-2.0

// Package github answers custom deployment protection rules of GitHub: an event
// asks whether a deployment may go on, and a call back says so.
//
// Source: https://docs.github.com/en/actions/managing-workflow-runs-and-deployments/managing-deployments/creating-custom-deployment-protection-rules
package github // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
