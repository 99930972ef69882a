// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"slices"
)

// An estimate is a median with its bootstrap interval of 95 %.
type estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// contains tells whether a value is in the interval.
func (e estimate) contains(x float64) bool { return e.Low <= x && x <= e.High }

const (
	resamples = 5000
	// confidence of the intervals, both sides together.
	confidence = 0.95
)

// bootstrap estimates a statistic of n paired samples: it is computed of their
// numbers, drawn with replacement. The draws are the same in each run.
func bootstrap(n int, statistic func(of []int) float64) estimate {
	random := rand.New(rand.NewPCG(1, 2))
	of := make([]int, n)
	for i := range of {
		of[i] = i
	}
	e := estimate{Value: statistic(of)}
	values := make([]float64, resamples)
	for r := range values {
		for i := range of {
			of[i] = random.IntN(n)
		}
		values[r] = statistic(of)
	}
	slices.Sort(values)
	e.Low = values[int(resamples*(1-confidence)/2)]
	e.High = values[int(resamples*(1+confidence)/2)]
	return e
}

// medianOf returns the median of f of the samples.
func medianOf(of []int, f func(i int) float64) float64 {
	values := make([]float64, len(of))
	for k, i := range of {
		values[k] = f(i)
	}
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}

// cost estimates the nanoseconds a turn.
func cost(samples []float64) estimate {
	return bootstrap(len(samples), func(of []int) float64 {
		return medianOf(of, func(i int) float64 { return samples[i] })
	})
}

// added estimates what is added to the baseline, of paired differences.
func added(samples, baseline []float64) estimate {
	return bootstrap(len(samples), func(of []int) float64 { return addedOf(of, samples, baseline) })
}

func addedOf(of []int, samples, baseline []float64) float64 {
	return medianOf(of, func(i int) float64 { return samples[i] - baseline[i] })
}

// ratio estimates paired ratios.
func ratio(samples, baseline []float64) estimate {
	return bootstrap(len(samples), func(of []int) float64 {
		return medianOf(of, func(i int) float64 { return samples[i] / baseline[i] })
	})
}

// ratioAdded estimates what one mode adds in relation to what another adds.
func ratioAdded(samples, others, baseline []float64) estimate {
	return bootstrap(len(samples), func(of []int) float64 {
		return addedOf(of, samples, baseline) / addedOf(of, others, baseline)
	})
}
