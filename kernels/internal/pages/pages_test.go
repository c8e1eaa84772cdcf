package pages

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAround(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct{ at, size, begin, end uintptr }{
		{2 * mib, 2 * mib, 2 * mib, 4 * mib},
		{2*mib + 1, 1, 2 * mib, 4 * mib},
		{4*mib - 1, 2, 2 * mib, 6 * mib},
		{3 * mib, 3 * mib, 2 * mib, 6 * mib},
	} {
		t.Run(fmt.Sprintf("%d_bytes_at_%d", c.size, c.at), func(t *testing.T) {
			begin, end := around(c.at, c.size)
			assert.Equal(t, []uintptr{c.begin, c.end}, []uintptr{begin, end})
		})
	}
}

func TestContentsStay(t *testing.T) {
	for _, n := range []int{0, 1, least - 1, least, 3*large + 5} {
		v := make([]int8, n)
		Large(v)
		for i := range v {
			v[i] = int8(i)
		}
		var u Uses
		for range often + 1 {
			Count(&u, v)
		}
		for i := range v {
			if v[i] != int8(i) {
				t.Fatalf("%d bytes: element %d changed", n, i)
			}
		}
	}
}
