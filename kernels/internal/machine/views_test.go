package machine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
)

// Micro-kernels know each type by the name that core gives it, with s in place of i, and each of their types is known.
func TestTypeOf(t *testing.T) {
	known := map[dtype.Type]bool{}
	for typ := core.Dynamic; typ <= core.String; typ++ {
		want, size := strings.Replace(typ.String(), "i", "s", 1), typ.Size()
		switch typ {
		case core.Bool:
			want = "u8"
		case core.Dynamic, core.String:
			want, size = "none", 0
		}
		got := TypeOf(typ)
		assert.Equal(t, want, got.String(), "%v", typ)
		assert.Equal(t, size, got.Size(), "%v", typ)
		known[got] = true
	}
	assert.Len(t, known, int(dtype.Count))
}
