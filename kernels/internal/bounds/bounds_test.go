package bounds

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOffsets(t *testing.T) {
	for _, c := range []struct {
		name    string
		offsets []int32
		want    string
	}{
		{"within", []int32{0, 13, 1, 2}, ""},
		{"none", nil, ""},
		{"behind", []int32{0, 13, 1, 14}, "row 1, tap 1: got offset 14 into 84 bytes, want 0 to 13"},
		{"before", []int32{-1, 13}, "row 0, tap 0: got offset -1 into 84 bytes, want 0 to 13"},
	} {
		t.Run(c.name, func(t *testing.T) { requireText(t, c.want, Offsets("row", c.offsets, 2, 7, 20+Slack)) })
	}
	assert.Error(t, Offsets("row", []int32{0}, 1, 100, 99), "no offset is good in what is too short")
}

func TestCount(t *testing.T) {
	requireText(t, "", Count("row", make([]int32, 6), 3, 2))
	requireText(t, "got 5 offsets, want 3 rows * 2 taps", Count("row", make([]int32, 5), 3, 2))
	requireText(t, "got 5 offsets, want 4611686018427387904 rows * 4 taps", Count("row", make([]int32, 5), 1<<62, 4))
}

func TestStored(t *testing.T) {
	for _, c := range []struct {
		name                       string
		size, stride, units, width int
		want                       string
	}{
		{"fits", 17, 6, 3, 5, ""},
		{"one row needs no stride", 5, 0, 1, 5, ""},
		{"too short", 16, 6, 3, 5, "output: got 16 bytes, want 3 rows of 5 at stride 6"},
		{"one row too short", 4, 0, 1, 5, "output: got 4 bytes, want 1 rows of 5 at stride 0"},
		{"rows overlap", 17, 4, 3, 5, "output: got stride 4, want at least 5 bytes"},
		{"negative", 17, -1, 1, 5, "output: got stride -1, want at least 5 bytes"},
		{"huge", 17, 1 << 62, 3, 5, "output: got 17 bytes, want 3 rows of 5 at stride 4611686018427387904"},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireText(t, c.want, Stored("output", "row", c.size, c.stride, c.units, c.width))
		})
	}
}

func TestProduct(t *testing.T) {
	for _, c := range []struct {
		name  string
		sizes []int
		want  int
	}{
		{"none", nil, 1},
		{"small", []int{2, 3, 7}, 42},
		{"zero", []int{1 << 40, 1 << 40, 0}, 0},
		{"zero first", []int{0, 1 << 62}, 0},
		{"largest", []int{1 << 31, 1 << 31}, 1 << 62},
		{"limited", []int{1 << 32, 1 << 31}, 1 << 62},
		{"limited to a multiple", []int{1 << 40, 1 << 40, 3}, 1<<62 - 1},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Product(c.sizes...)) })
	}
}

func requireText(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		assert.NoError(t, err)
		return
	}
	assert.EqualError(t, err, want)
}
