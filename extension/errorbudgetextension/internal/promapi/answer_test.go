// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(text string) ([]Series, error) {
	var all []Series
	err := decode(strings.NewReader(text), func(s Series) error {
		all = append(all, s)
		return nil
	})
	return all, err
}

const twoSeries = `{"status":"success","data":{"resultType":"matrix","result":[
 {"metric":{"__name__":"sli_events_total","sli_outcome":"good","service_name":"shop"},"values":[[1767225600,"0"],[1767225615.001,"9007199254740992"],[ 1767225630.12 , "1.5e3" ]]},
 {"metric":{},"values":[]}
]},"infos":["not looked at"],"later":{"any":[1,2]}}`

func TestAMatrixIsRead(t *testing.T) {
	all, err := read(twoSeries)
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(t, []Label{{"__name__", "sli_events_total"}, {"service_name", "shop"}, {"sli_outcome", "good"}}, all[0].Labels)
	assert.Equal(t, []Sample{
		{Millis: 1767225600000, Count: 0, Whole: true},
		{Millis: 1767225615001, Count: 1 << 53, Whole: true},
		{Millis: 1767225630120, Count: 1500, Whole: true},
	}, all[0].Samples)
	assert.Equal(t, "shop", all[0].Get("service_name"))
	assert.Empty(t, all[0].Get("none"))
	assert.Equal(t, `sli_events_total{service_name="shop",sli_outcome="good"}`, all[0].String())
	assert.Empty(t, all[1].Samples)
}

// Labels are read alike by both ways, whatever is in them.
func TestLabels(t *testing.T) {
	for text, want := range map[string]labels{
		`{}`:                             {},
		`{ "b" : "2" , "a" : "1" }`:      {{"a", "1"}, {"b", "2"}},
		`{"a":"x\"y\\z\n\u00e9","b":""}`: {{"a", "x\"y\\z\né"}, {"b", ""}},
		`{"a":"{[:,]}","b":"ü"}`:         {{"a", "{[:,]}"}, {"b", "ü"}},
		`{"a":"1","a":"2"}`:              {{"a", "2"}},
	} {
		var got labels
		require.NoError(t, got.UnmarshalJSON([]byte(text)), text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`[]`, `{"a":1}`, `{"a":{}}`, `"a"`} {
		var got labels
		assert.Error(t, got.UnmarshalJSON([]byte(text)), text)
	}
}

func TestWhatIsNoCountIsSaidSo(t *testing.T) {
	for value, count := range map[string]uint64{"0": 0, "7": 7, "7.0": 7, "9007199254740992": 1 << 53} {
		n, whole, ok := parseCount([]byte(value))
		assert.True(t, whole && ok, value)
		assert.Equal(t, count, n, value)
	}
	for _, value := range []string{"0.5", "-1", "NaN", "+Inf", "-Inf", "9007199254740993", "1e300", "1e999"} {
		_, whole, ok := parseCount([]byte(value))
		assert.True(t, ok, value)
		assert.False(t, whole, value)
	}
	_, _, ok := parseCount([]byte("seven"))
	assert.False(t, ok)
}

func TestInstants(t *testing.T) {
	for text, millis := range map[string]int64{
		"0": 0, "1": 1000, "1.5": 1500, "1.05": 1050, "1.005": 1005, "1.0054": 1005, "1767225600.999": 1767225600999, "1.7672256e9": 1767225600000, "-1": -1000,
	} {
		got, ok := parseSeconds([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, millis, got, text)
	}
	for _, text := range []string{"", "1e13", "true", "99999999999999999999999"} {
		_, ok := parseSeconds([]byte(text))
		assert.False(t, ok, text)
	}
}

// An answer that is not whole and sound is none.
func TestBrokenAnswers(t *testing.T) {
	result := func(result string) string {
		return `{"status":"success","data":{"resultType":"matrix","result":` + result + `}}`
	}
	for text, want := range map[string]string{
		``:                     "EOF",
		`42`:                   "it has 42 where { was expected",
		`{}`:                   "its status is \"\"",
		`{"status":"success"}`: "it has no data",
		`{"status":"error","errorType":"bad_data","error":"no such thing"}`:                                      "it answers bad_data: no such thing",
		`{"data":{"resultType":"matrix","result":[]},"status":"error","errorType":"timeout","error":"too slow"}`: "it answers timeout: too slow",
		`{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["a store did not answer"]}`:  "may be incomplete: a store did not answer",
		`{"status":"success","data":{"resultType":"vector","result":[]}}`:                                        "raw samples are a matrix, not \"vector\"",
		`{"status":7}`:                                         "cannot unmarshal",
		`{"status":"success","data":[]}`:                       "it has [ where { was expected",
		result(`{}`):                                           "it has { where [ was expected",
		result(`[7]`):                                          "cannot unmarshal",
		result(`[{"metric":[]}]`):                              "cannot unmarshal",
		result(`[{"metric":{"a":1}}]`):                         "cannot unmarshal",
		result(`[{"values":{}}]`):                              "the values must be a list",
		result(`[{"values":[1]}]`):                             "the values must be a list",
		result(`[{"values":[[1,2]]}]`):                         "the values must be a list",
		result(`[{"values":[[1,"x"]]}]`):                       "the values must be a list",
		result(`[{"values":[["1","2"]]}]`):                     "the values must be a list",
		result(`[{"values":[[1,"2",3]]}]`):                     "the values must be a list",
		result(`[{"values":[[2,"2"],[1,"1"]]}]`):               "not in order",
		result(`[{"metric":{"a":"b"},"histograms":[[1,{}]]}]`): "has native histograms",
		result(`[{"metric":{"a":"` + strings.Repeat("x", maxLabelsBytes) + `"}}]`): "at most 64 of 16384 bytes are read",
		twoSeries[:100]: "EOF",
	} {
		_, err := read(text)
		assert.ErrorContains(t, err, want, "%.80s", text)
	}
}

// FuzzLabels holds the short way against the library.
func FuzzLabels(f *testing.F) {
	f.Add(`{ "b" : "2" , "a" : "1" }`)
	f.Add(`{"a":"{[:,]}","b":"\xff"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		var want map[string]string
		wrong := json.Unmarshal([]byte(text), &want)
		var got labels
		err := got.UnmarshalJSON([]byte(text))
		require.Equal(t, wrong == nil, err == nil, "%v, %v", wrong, err)
		if err != nil {
			return
		}
		require.Len(t, got, len(want))
		for _, l := range got {
			require.Equal(t, want[l.Name], l.Value)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(twoSeries)
	f.Add(`{"status":"error","errorType":"bad_data","error":"no such thing"}`)
	f.Add(`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"NaN"],[2,"0.5"]]}]},"warnings":[]}`)
	f.Add(`[[[[`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := read(text)
		if err != nil {
			return
		}
		for _, s := range all {
			for i, sample := range s.Samples {
				if sample.Whole {
					require.LessOrEqual(t, sample.Count, uint64(maxExact))
				}
				if i > 0 {
					require.GreaterOrEqual(t, sample.Millis, s.Samples[i-1].Millis)
				}
			}
		}
	})
}
