package compare

import "math"

// Samples is the data for a tensor's charts: two histograms, and pairs of elements for a scatter plot. Its
// size is bounded.
type Samples struct {
	Lowest  Number `json:"lowest"` // lower end of the histograms: the lowest finite element of both sides
	Highest Number `json:"highest"`
	Got     []int  `json:"got"` // number of elements in each bin; all bins have equal width
	Want    []int  `json:"want"`
	// Pairs are at most maxPairs finite elements of got and want at the same index, evenly spaced.
	Pairs [][2]Number `json:"pairs"`
}

const (
	histogramParts = 48
	maxPairs       = 200
)

// samples returns the Samples of two lists of elements; nil if there are fewer than two elements, or no
// finite ones.
func samples(got, want []float64) *Samples {
	if len(got) < 2 || len(got) != len(want) {
		return nil
	}
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, list := range [][]float64{got, want} {
		for _, x := range list {
			if isFinite(x) {
				lowest, highest = min(lowest, x), max(highest, x)
			}
		}
	}
	if lowest > highest {
		return nil
	}
	s := &Samples{Lowest: Number(lowest), Highest: Number(highest), Pairs: [][2]Number{}}
	s.Got, s.Want = histogram(got, lowest, highest), histogram(want, lowest, highest)
	step := max((len(got)+maxPairs-1)/maxPairs, 1)
	for i := 0; i < len(got); i += step {
		if isFinite(got[i]) && isFinite(want[i]) {
			s.Pairs = append(s.Pairs, [2]Number{Number(float32(got[i])), Number(float32(want[i]))})
		}
	}
	return s
}

func histogram(elements []float64, lowest, highest float64) []int {
	counts := make([]int, histogramParts)
	width := (highest - lowest) / histogramParts
	for _, x := range elements {
		if !isFinite(x) {
			continue
		}
		i := 0
		if width > 0 {
			i = min(int((x-lowest)/width), histogramParts-1)
		}
		counts[i]++
	}
	return counts
}
