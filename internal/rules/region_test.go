// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestRegions(t *testing.T) {
	all := slo.Service{Name: "a"}
	shop, staging := slo.Service{Name: "a", Namespace: "shop"}, slo.Service{Name: "a", Environment: "staging"}
	shopStaging := slo.Service{Name: "a", Namespace: "shop", Environment: "staging"}
	for _, tt := range []struct {
		name    string
		entries []slo.Service
		want    string // of the first entry
	}{
		{"alone", []slo.Service{all}, `m{service_name="a"}`},
		{"other environments", []slo.Service{all, staging}, `m{service_name="a",deployment_environment_name!="staging"}`},
		{"other namespaces", []slo.Service{all, shop}, `m{service_name="a",service_namespace!="shop"}`},
		{"all but a corner", []slo.Service{all, shopStaging},
			`m{service_name="a",service_namespace!="shop"} or m{service_name="a",service_namespace="shop",deployment_environment_name!="staging"}`},
		{"a namespace goes before an environment", []slo.Service{staging, shop},
			`m{service_name="a",service_namespace!="shop",deployment_environment_name="staging"}`},
		{"and not after", []slo.Service{shop, staging}, `m{service_name="a",service_namespace="shop"}`},
		{"the corner itself", []slo.Service{shopStaging, all, shop, staging},
			`m{service_name="a",service_namespace="shop",deployment_environment_name="staging"}`},
		{"everything cut out once", []slo.Service{all, staging, shop, shopStaging},
			`m{service_name="a",service_namespace!="shop",deployment_environment_name!="staging"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var entries []slo.Entry
			var same []int
			for i, s := range tt.entries {
				entries, same = append(entries, slo.Entry{Service: s}), append(same, i)
			}
			assert.Equal(t, tt.want, regionOf(entries, same, 0).series("m"))
		})
	}
}

func TestQuotesInNames(t *testing.T) {
	r := regionOf([]slo.Entry{{Service: slo.Service{Name: `a"\b`}}}, []int{0}, 0)
	assert.Equal(t, `m{service_name="a\"\\b"}`, r.series("m"))
}
