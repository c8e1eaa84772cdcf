package machine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The rectangles of all parts of a share, whose sizes differ, cover each element once, and a part covers what its
// halves cover.
func TestGridPartsCoverEachElementOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 4, 6, 8, 12} {
		for _, c := range []struct{ rows, columns, tile, least int }{
			{3136, 8, 6, 12},
			{196, 32, 6, 48},
			{49, 64, 6, 48},
			{1, 32, 6, 12},
			{1, 1, 6, 48},
			{49, 1, 32, 64},
			{7, 3, 1, 4},
			{5, 100, 1, 1},
			{13, 5, 16, 32},
			{100, 2, 6, 48},
		} {
			t.Run(fmt.Sprintf("%d threads %+v", threads, c), func(t *testing.T) {
				g := NewGrid(threads, c.rows, c.columns, c.tile, c.least)
				require.GreaterOrEqual(t, g.Parts(), threads)
				for halvings := 0; threads<<halvings <= g.Parts(); halvings++ {
					s, covered := stage{shares: threads, blocks: 1, halvings: halvings}, make([]int, c.rows*c.columns)
					for share := range threads {
						for i := range s.partsPerShare() {
							r0, r1, c0, c1 := g.Part(s.part(share, i))
							for r := r0; r < r1; r++ {
								for c := c0; c < c1; c++ {
									covered[r*g.columns+c]++
								}
							}
						}
					}
					for _, n := range covered {
						require.Equal(t, 1, n)
					}
				}
				r0, r1, c0, c1 := g.Part(0, 1)
				require.Equal(t, []int{0, c.rows, 0, c.columns}, []int{r0, r1, c0, c1})
			})
		}
	}
}

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		name                                string
		threads, rows, columns, tile, least int
		parts                               int
		first, last                         [4]int // of the smallest parts
	}{
		{"rows, then columns, then tiles", 2, 196, 8, 6, 48, 256, [4]int{0, 6, 0, 1}, [4]int{192, 196, 7, 8}},
		{"few rows: columns, then tiles", 2, 49, 16, 6, 48, 128, [4]int{0, 6, 0, 1}, [4]int{42, 49, 15, 16}},
		{"one row", 2, 1, 32, 6, 12, 32, [4]int{0, 1, 0, 1}, [4]int{0, 1, 31, 32}},
		{"one column", 2, 49, 1, 6, 48, 8, [4]int{0, 6, 0, 1}, [4]int{42, 49, 0, 1}},
		{"more threads than columns", 8, 49, 3, 6, 48, 16, [4]int{0, 6, 0, 1}, [4]int{42, 49, 1, 3}},
		{"nothing for some threads", 4, 1, 1, 6, 48, 4, [4]int{0, 0, 0, 1}, [4]int{0, 1, 0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := NewGrid(c.threads, c.rows, c.columns, c.tile, c.least)
			assert.Equal(t, c.parts, g.Parts())
			at := func(part int) [4]int {
				r0, r1, c0, c1 := g.Part(part, g.Parts())
				return [4]int{r0, r1, c0, c1}
			}
			assert.Equal(t, c.first, at(0))
			assert.Equal(t, c.last, at(g.Parts()-1))
		})
	}
}
