// SPDX-License-Identifier: Apache-2.0

package budgetapi

// GitHubAnswer is the answer to a delivery of a deployment protection rule. The
// first three fields are what GitHub is told.
type GitHubAnswer struct {
	// State is approved or rejected.
	State           string `json:"state"`
	EnvironmentName string `json:"environment_name"`
	Comment         string `json:"comment"`
	// CalledBack tells whether GitHub was told: only if `github::api_url` is
	// configured.
	CalledBack bool `json:"called_back"`
	Decision   Gate `json:"decision"`
}
