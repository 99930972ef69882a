// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript/scripttest"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func word(e Event) string {
	if e.Kind == "alert" {
		return fmt.Sprintf("%s %s %s", e.Name, e.SLO, e.To)
	}
	return fmt.Sprintf("%s %s -> %s", e.Service, e.From, e.To)
}

// The worked cases of burn rates as budget scripts: `eval happened INSTANT` tells
// what happened since the last one, in seconds after an instant.
func TestWorkedCases(t *testing.T) {
	for _, profile := range []string{"google-30d", "simple"} {
		t.Run(profile, func(t *testing.T) {
			var events []Event
			setup := func(d *budgetscript.Desk) {
				events = nil
				require.NoError(t, attach(d, Options{Profile: profile, MinBadEvents: 5, MinBadSlices: 2, UnresponsiveAfter: 30 * time.Minute}, func(e Event) { events = append(events, e) }))
			}
			happened := func(_ *budgetscript.Desk, args []string) ([]string, error) {
				from, err := time.Parse(time.RFC3339, args[0])
				var lines []string
				for _, e := range events {
					lines = append(lines, fmt.Sprintf("%g s: %s", e.Time.Sub(from).Seconds(), word(e)))
				}
				events = nil
				return lines, err
			}
			scripttest.Test(t, "testdata/"+profile+"_*.budget", setup, map[string]budgetscript.Query{"happened": happened})
		})
	}
}

const script = `
catalogue
  services:
    - {name: shop, tier: tier2}
load
  shop http_availability 1000/0x60 0/1000x10 1000/0x10
`

func TestScript(t *testing.T) {
	var got []string
	require.NoError(t, Script(script, Options{Profile: "simple"}, func(e Event) {
		got = append(got, e.Time.Format("15:04 ")+word(e))
	}))
	assert.Equal(t, []string{
		"00:01 shop  -> NORMAL", "01:01 SLO_shop_BurnRate_Critical http_availability pending", "01:01 SLO_shop_BurnRate_Warning http_availability pending",
		"01:01 shop NORMAL -> FREEZE", "01:02 SLO_shop_BurnRate_Critical http_availability firing", "01:06 SLO_shop_BurnRate_Warning http_availability firing",
		"01:15 SLO_shop_BurnRate_Critical http_availability resolved",
	}, got)
	assert.ErrorContains(t, Script(script, Options{Profile: "none"}, func(Event) {}), "the profile must be one of")
	assert.ErrorContains(t, Script("explode", Options{Profile: "workbook"}, func(Event) {}), "no such command")
}

func TestTable(t *testing.T) {
	var table strings.Builder
	table.WriteString("time,service,sli,good,bad\n")
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for m := 69; m >= 0; m-- { // in any order
		good, bad := 1000, 0
		if m >= 60 {
			good, bad = bad, good
		}
		fmt.Fprintf(&table, "%s,retail/shop@prod,http_availability,%d,%d\n", from.Add(time.Duration(m)*time.Minute).Format(time.RFC3339), good, bad)
	}
	catalogue, err := slo.ParseCatalogue("c", []byte("services: [{name: shop, tier: tier2}]"))
	require.NoError(t, err)
	var got []string
	require.NoError(t, Table(strings.NewReader(table.String()), Options{Profile: "workbook", Catalogue: catalogue}, func(e Event) {
		if e.Kind == "state" || strings.HasSuffix(e.Name, "_1h") {
			got = append(got, e.Time.Format("15:04 ")+word(e))
		}
	}))
	assert.Equal(t, []string{
		"00:01 retail/shop@prod  -> NORMAL", "01:01 SLO_shop_BurnRate_Page_1h http_availability firing", "01:01 retail/shop@prod NORMAL -> FREEZE",
	}, got)
}

func TestTablesThatAreWrong(t *testing.T) {
	const head = "time,service,sli,good,bad\n"
	for text, want := range map[string]string{
		"":                                   "line 1 must be the header",
		"a,b":                                "line 1 must be the header",
		head:                                 "there is no line of counts",
		head + "x,shop,s,1,1":                "line 2: time must be RFC 3339",
		head + "2026-03-01T00:00:00Z,,s,1,1": "line 2: service and sli must be given",
		head + "2026-03-01T00:00:00Z,shop,s,1,-1":                                 "line 2: good and bad must be whole numbers",
		head + "2026-03-01T00:00:00Z,shop,s,1":                                    "wrong number of fields",
		head + "2026-03-01T00:00:00Z,shop,s,1,1\n2028-03-01T00:00:00Z,shop,s,1,1": "spans 731 days",
	} {
		assert.ErrorContains(t, Table(strings.NewReader(text), Options{Profile: "simple"}, func(Event) {}), want, text)
	}
	assert.ErrorContains(t, Table(strings.NewReader(head+"2026-03-01T00:00:00Z,shop,s,1,1"), Options{}, func(Event) {}), "the profile must be one of")
}
