package share

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
)

// rows are the shapes of one parameter of n rows.
func rows(n int) []core.Shape { return []core.Shape{{n}} }

// made is a value that says how many rows it is for, and which one it is of all.
type made struct{ rows, number int }

// counting returns a Cache of values that hold as many bytes as they have rows, and keep one item of the store each.
func counting(b Bounds) *Cache[made] {
	var count atomic.Int64
	return NewCache(New(&core.Function{}), b, func(keep *Lease, s []core.Shape) (made, error) {
		n := s[0][0]
		switch n {
		case 13:
			return made{}, errors.New("thirteen")
		case 17:
			panic("seventeen")
		}
		_, err := Kept(keep, NewKey("rows").Numbers(n).String(), func() (int, int64, error) { return n, 1000, nil })
		return made{n, int(count.Add(1))}, err
	}, func(m made) int64 { return int64(m.rows) })
}

func TestCacheKeepsTheLastUsedWithinBounds(t *testing.T) {
	for _, test := range []struct {
		name   string
		bounds Bounds
		uses   []int
		want   []int // the numbers of the values
		bytes  int64 // that are kept at the end
	}{
		{"most", Bounds{2, 100}, []int{1, 2, 1, 3, 1, 2}, []int{1, 2, 1, 3, 1, 4}, 3},
		{"bytes", Bounds{9, 7}, []int{4, 3, 4, 2, 3, 4}, []int{1, 2, 1, 3, 4, 5}, 7},
		{"one in any case", Bounds{1, 1}, []int{8, 8, 9, 8}, []int{1, 1, 2, 3}, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := counting(test.bounds)
			for i, n := range test.uses {
				got, err := c.Of(rows(n))
				require.NoError(t, err)
				assert.Equal(t, made{n, test.want[i]}, got)
			}
			assert.Equal(t, test.bytes, c.Bytes())
			assert.EqualValues(t, 1000*len(c.entries), c.store.Size(), "each keeps an item")
			c.Close()
			assert.Zero(t, c.Bytes())
			assert.Zero(t, c.store.Size())
			got, err := c.Of(rows(5))
			require.NoError(t, err)
			assert.Equal(t, 5, got.rows, "made, but not kept in the store")
			assert.Zero(t, c.store.Size())
		})
	}
}

func TestCacheKeepsErrors(t *testing.T) {
	c := counting(Bounds{4, 100})
	for range 2 {
		_, err := c.Of(rows(13))
		require.EqualError(t, err, "thirteen")
		_, err = c.Of(rows(17))
		var internal *core.InternalError
		require.ErrorAs(t, err, &internal)
	}
	assert.Zero(t, c.Bytes())
}

func TestCacheMakesOneValueForManyAtOnce(t *testing.T) {
	c := counting(Bounds{8, 1000})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 30 {
				n := 1 + (i*worker)%7
				got, err := c.Of(rows(n))
				assert.NoError(t, err)
				assert.Equal(t, n, got.rows)
				assert.LessOrEqual(t, got.number, 7)
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1+2+3+4+5+6+7, c.Bytes())
}
