package transcendental

import (
	_ "embed"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/special.txt
var exactSpecial string

// specials are the special functions, and by how much they may differ from the exact value y: by bound * 2**-53 *
// max(|y|, least).
var specials = map[string]struct {
	f            func(float64) float64
	bound, least float64
}{
	"Lgamma": {Lgamma, 5, 4}, "Digamma": {Digamma, 5, 1}, "Erfinv": {Erfinv, 5, 0}, "Ndtri": {Ndtri, 5, 0},
	"Dawsn": {Dawsn, 5, 0}, "Expint": {Expint, 5, 1}, "FresnelSin": {FresnelSin, 5, 0}, "FresnelCos": {FresnelCos, 5, 0},
	"Spence": {Spence, 5, 1}, "BesselI0": {BesselI0, 5, 0}, "BesselI1": {BesselI1, 5, 0},
	"BesselI0e": {BesselI0e, 5, 0}, "BesselI1e": {BesselI1e, 5, 0}, "BesselK0": {BesselK0, 5, 0},
	"BesselK1": {BesselK1, 5, 0}, "BesselK0e": {BesselK0e, 5, 0}, "BesselK1e": {BesselK1e, 5, 0},
	"BesselJ0": {BesselJ0, 5, 1}, "BesselJ1": {BesselJ1, 5, 1}, "BesselY0": {BesselY0, 5, 1}, "BesselY1": {BesselY1, 5, 1},
}

// further are those of several numbers, within 2000 units of arguments up to 300.
var further = map[string]func(x []float64) float64{
	"Igamma":    func(x []float64) float64 { return Igamma(x[0], x[1]) },
	"Igammac":   func(x []float64) float64 { return Igammac(x[0], x[1]) },
	"Zeta":      func(x []float64) float64 { return Zeta(x[0], x[1]) },
	"Betainc":   func(x []float64) float64 { return Betainc(x[0], x[1], x[2]) },
	"Polygamma": func(x []float64) float64 { return Polygamma(x[0], x[1]) },
}

// Results have the same bits on every CPU.
func TestBitsOfSpecialFunctions(t *testing.T) {
	r, h := rand.New(rand.NewPCG(33, 34)), fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(specials)) {
		for range 512 {
			if y := specials[name].f(r.NormFloat64() * 20); y == y {
				require.NoError(t, binary.Write(h, binary.LittleEndian, y))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(further)) {
		for range 128 {
			x := []float64{1 + float64(r.IntN(9)), r.Float64() * 20, r.Float64()}
			if y := further[name](x); y == y {
				require.NoError(t, binary.Write(h, binary.LittleEndian, y))
			}
		}
	}
	assert.Equal(t, uint64(0xa30ff2e689078d40), h.Sum64())
}

func TestExactSpecialValues(t *testing.T) {
	seen, worst := map[string]int{}, map[string]float64{}
	for line := range strings.Lines(exactSpecial) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		x := make([]float64, len(words)-1)
		for i := range x {
			v, err := strconv.ParseFloat(words[i+1], 64)
			require.NoError(t, err)
			x[i] = v
		}
		want := x[len(x)-1]
		seen[words[0]]++
		got, s := 0.0, specials[words[0]]
		if s.f != nil {
			got = s.f(x[0])
		} else {
			got, s.bound = further[words[0]](x), 2000
		}
		if math.Abs(want) < 0x1p-1022 || math.IsInf(want, 0) {
			assert.InDelta(t, 0, got-want, 0x1p-1022, line)
			continue
		}
		units := math.Abs(got-want) / max(math.Abs(want), s.least) * 0x1p53
		worst[words[0]] = max(worst[words[0]], units)
		assert.LessOrEqual(t, units, s.bound, "%s of %v is %v, want %v", words[0], x, got, want)
	}
	t.Log(worst)
	assert.Len(t, seen, len(specials)+len(further))
}
