package op_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/reduce"
	"github.com/tf2ng/tf2ng/core/op/vision"
	"github.com/tf2ng/tf2ng/internal/testgraph"
)

// preparingBaselines are those of ops that prepare images, and of ops on diagonals, counts and sorted rows.
func preparingBaselines(t testing.TB) []baseline {
	f := func(s ...int) *core.Tensor { return normal(t, rand.New(rand.NewPCG(1, 9)), s) }
	i := func(v ...int32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	r := func(v ...float32) *core.Tensor { return tensor(t, core.Shape{len(v)}, v...) }
	n := func(v int32) *core.Tensor { return core.Scalar(v) }
	one, size := core.Scalar(float32(0.3)), i(5, 2)
	left, right := indexing.Diagonals{}, indexing.Diagonals{RightUpper: true}
	in := func(x ...*core.Tensor) []*core.Tensor { return x }
	return []baseline{
		{&vision.ResizeArea{AlignCorners: true}, in(f(2, 3, 4, 2), size)},
		{
			&vision.ScaleAndTranslate{Kernel: vision.Triangle, Antialias: true},
			in(f(2, 3, 4, 2), size, r(1.5, 0.5), r(0.2, 0)),
		},
		{&vision.AdjustContrast{}, in(f(2, 3, 4, 2), one)},
		{&vision.AdjustHue{}, in(f(2, 3, 3), one)},
		{&vision.AdjustSaturation{}, in(f(2, 3, 3), one)},
		{&indexing.MatrixDiag{Diagonals: right}, in(f(2, 2, 3), i(0, 1), n(-1), n(-1), one)},
		{&indexing.MatrixDiag{}, in(f(3), n(1), n(3), n(-1), one)},
		{&indexing.MatrixDiagPart{Diagonals: left}, in(f(2, 3, 4), i(-1, 1), one)},
		{&indexing.MatrixSetDiag{}, in(f(2, 3, 4), f(2, 3), n(0))},
		{&indexing.SearchSorted{Upper: true, Type: core.I32}, in(tensor(t, core.Shape{1, 4}, int32(1), 3, 3, 7),
			tensor(t, core.Shape{1, 3}, int32(3), 0, 9))},
		{&indexing.NthElement{Reverse: true}, in(f(3, 20), n(6))},
		{&reduce.Bincount{}, in(i(1, 2, 1), n(3), r(0.5, 1, 2))},
		{&reduce.Bincount{Binary: true}, in(tensor(t, core.Shape{2, 2}, int32(1), 2, 3, 0), n(3), r())},
	}
}

func TestConstraintsOfPreparingOps(t *testing.T) {
	ops := func(o ...core.Operand) []core.Operand { return o }
	pair := func(a, b float32) core.Operand { return constantOf(t, core.Shape{2}, []float32{a, b}) }
	image, size := f32(1, 3, 4, 2), vector(2, 2)
	scaled := func(k vision.ScaleKernel) *vision.ScaleAndTranslate {
		return &vision.ScaleAndTranslate{Kernel: k, Antialias: true}
	}
	for _, c := range []struct {
		op   core.Op
		in   []core.Operand
		want string
	}{
		{
			&vision.ResizeArea{}, ops(f32(1, 0, 4, 2), size),
			"ResizeArea: input 0 (x): got f32[1,0,4,2], want numbers of shape [N, H, W, C] with H and W >= 1 (ResizeArea-C1)",
		},
		{&vision.ResizeArea{}, ops(image, vector(2)), "ResizeArea: input 1 (size): got i32[1], want i32[2] (ResizeArea-C2)"},
		{
			&vision.ResizeArea{}, ops(image, vector(0, 1)),
			"ResizeArea: input 1 (size): got size [0 1], want each in [1, 16777216] (ResizeArea-C2)",
		},
		{scaled(99), ops(image, size, pair(1, 1), pair(0, 0)), "ScaleAndTranslate: unknown kernel 99 (ScaleAndTranslate-C1)"},
		{
			scaled(vision.Box), ops(f32(3), size, pair(1, 1), pair(0, 0)),
			"ScaleAndTranslate: input 0 (x): got f32[3], want numbers of shape [N, H, W, C] with H and W >= 1 " +
				"(ScaleAndTranslate-C2)",
		},
		{
			scaled(vision.Box), ops(image, f32(2), pair(1, 1), pair(0, 0)),
			"ScaleAndTranslate: input 1 (size): got f32[2], want i32[2] (ScaleAndTranslate-C3)",
		},
		{
			scaled(vision.Box), ops(image, size, pair(1, 0), pair(0, 0)),
			"ScaleAndTranslate: input 2 (scale): got scale 0, want > 0 (ScaleAndTranslate-C4)",
		},
		{
			scaled(vision.Box), ops(image, size, pair(1, 1), f32()),
			"ScaleAndTranslate: input 3 (translation): got f32[], want f32[2] (ScaleAndTranslate-C4)",
		},
		{
			&vision.AdjustContrast{}, ops(f32(3, 2), f32()),
			"AdjustContrast: input 0 (x): got f32[3,2], want f32 of rank 3 or more (AdjustContrast-C1)",
		},
		{
			&vision.AdjustContrast{}, ops(image, f32(1)),
			"AdjustContrast: input 1 (factor): got f32[1], want f32[] (AdjustContrast-C2)",
		},
		{
			&vision.AdjustHue{}, ops(image, f32()),
			"AdjustHue: input 0 (x): got f32[1,3,4,2], want f32 with a last dimension of 3 (AdjustHue-C1)",
		},
		{&vision.AdjustHue{}, ops(f32(3), i32()), "AdjustHue: input 1 (delta): got i32[], want f32[] (AdjustHue-C2)"},
		{
			&vision.AdjustHue{}, ops(f32(3), constantOf(t, core.Shape{}, []float32{5000})),
			"AdjustHue: input 1 (delta): got 5000, want in [-4096, 4096] (AdjustHue-C3)",
		},
		{
			&vision.AdjustSaturation{}, ops(f32(), f32()),
			"AdjustSaturation: input 0 (x): got f32[], want f32 with a last dimension of 3 (AdjustSaturation-C1)",
		},
		{
			&vision.AdjustSaturation{}, ops(f32(3), f32(3)),
			"AdjustSaturation: input 1 (scale): got f32[3], want f32[] (AdjustSaturation-C2)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), vector(1, 0), i32(), i32(), f32()),
			"MatrixDiag: input 1 (k): got [1 0], want a lower diagonal and one that is not below it (MatrixDiag-C1)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), i32(3), i32(), i32(), f32()),
			"MatrixDiag: input 1 (k): got i32[3], want i32 of shape [], [1] or [2] (MatrixDiag-C1)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), vector(0, 1), i32(), i32(), f32()),
			"MatrixDiag: input 0 (diagonal): got shape [3], want 2 diagonals (MatrixDiag-C2)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), i32(), f32(), i32(), f32()),
			"MatrixDiag: input 2 (rows): got f32[], want i32[] (MatrixDiag-C3)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), isI32(0), isI32(2), isI32(-1), f32()),
			"MatrixDiag: input 2 (rows): got 2, want -1, or at least 3 (MatrixDiag-C3)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), isI32(0), isI32(4), isI32(5), f32()),
			"MatrixDiag: input 2 (rows): got 4 rows and 5 columns, want 3 rows or 3 columns (MatrixDiag-C3)",
		},
		{
			&indexing.MatrixDiag{}, ops(f32(3), i32(), i32(), i32(), i32()),
			"MatrixDiag: input 4 (padding): got i32[], want f32[] (MatrixDiag-C4)",
		},
		{
			&indexing.MatrixDiagPart{}, ops(f32(3, 4), f32(), f32()),
			"MatrixDiagPart: input 1 (k): got f32[], want i32 of shape [], [1] or [2] (MatrixDiagPart-C1)",
		},
		{
			&indexing.MatrixDiagPart{}, ops(f32(3), i32(), f32()),
			"MatrixDiagPart: input 0 (x): got f32[3], want rank 2 or more, not string (MatrixDiagPart-C2)",
		},
		{
			&indexing.MatrixDiagPart{}, ops(f32(3, 4), isI32(4), f32()),
			"MatrixDiagPart: input 1 (k): got diagonal 4, want one of a matrix of shape [3,4] (MatrixDiagPart-C2)",
		},
		{
			&indexing.MatrixDiagPart{}, ops(f32(3, 4), i32(), f32(1)),
			"MatrixDiagPart: input 2 (padding): got f32[1], want f32[] (MatrixDiagPart-C3)",
		},
		{
			&indexing.MatrixSetDiag{}, ops(f32(3, 4), f32(3), f32()),
			"MatrixSetDiag: input 2 (k): got f32[], want i32 of shape [], [1] or [2] (MatrixSetDiag-C1)",
		},
		{
			&indexing.MatrixSetDiag{}, ops(f32(3, 4), f32(3), isI32(-3)),
			"MatrixSetDiag: input 2 (k): got diagonal -3, want one of a matrix of shape [3,4] (MatrixSetDiag-C2)",
		},
		{
			&indexing.MatrixSetDiag{}, ops(f32(3, 4), f32(4), isI32(0)),
			"MatrixSetDiag: input 1 (diagonal): got shape [4], want [3] (MatrixSetDiag-C3)",
		},
		{
			&indexing.MatrixSetDiag{}, ops(f32(3, 4), i32(3), isI32(0)),
			"MatrixSetDiag: input 1 (diagonal): got type i32, want x's f32 (MatrixSetDiag-C3)",
		},
		{
			&indexing.CTCGreedyDecoder{}, ops(f32(3, 2), i32(2)),
			"CTCGreedyDecoder: input 0 (x): got f32[3,2], want f32 or f64 of rank 3 (CTCGreedyDecoder-C1)",
		},
		{
			&indexing.CTCGreedyDecoder{}, ops(f32(4, 2, 3), i32(3)),
			"CTCGreedyDecoder: input 1 (lengths): got i32[3], want i32[2] (CTCGreedyDecoder-C2)",
		},
		{
			&indexing.CTCGreedyDecoder{}, ops(f32(4, 2, 3), vector(4, 5)),
			"CTCGreedyDecoder: input 1 (lengths): got [4 5], want each in [0, 4] (CTCGreedyDecoder-C3)",
		},
		{
			&indexing.CTCGreedyDecoder{Blank: 3}, ops(f32(4, 2, 3), i32(2)),
			"CTCGreedyDecoder: blank: got 3, want one of the classes of [4,2,3] (CTCGreedyDecoder-C4)",
		},
		{
			&indexing.NthElement{}, ops(f32(), i32()),
			"NthElement: input 0 (x): got f32[], want numbers of rank 1 or more (NthElement-C1)",
		},
		{&indexing.NthElement{}, ops(f32(3), i32(1)), "NthElement: input 1 (n): got i32[1], want i32[] (NthElement-C2)"},
		{
			&indexing.NthElement{}, ops(f32(3), isI32(3)),
			"NthElement: input 1 (n): got 3 for rows of 3, want in [0, the length) (NthElement-C2)",
		},
		{
			&indexing.SearchSorted{Type: core.I32}, ops(f32(3), f32(3)),
			"SearchSorted: input 0 (sorted): got f32[3], want numbers of rank 2 (SearchSorted-C1)",
		},
		{
			&indexing.SearchSorted{Type: core.I32}, ops(f32(2, 3), f32(3, 3)),
			"SearchSorted: input 1 (values): got f32[3,3], want f32 of shape [2,?] (SearchSorted-C2)",
		},
		{
			&indexing.SearchSorted{}, ops(f32(2, 3), f32(2, 3)),
			"SearchSorted: type: got dynamic, want i32 or i64 (SearchSorted-C3)",
		},
		{
			&indexing.ListDiff{Type: core.I32}, ops(f32(), f32(1)),
			"ListDiff: input 0 (x): got f32[], want numbers of rank 1 (ListDiff-C1)",
		},
		{
			&indexing.ListDiff{Type: core.I32}, ops(f32(1), i32(1)),
			"ListDiff: input 1 (y): got i32[1], want f32 of rank 1 (ListDiff-C2)",
		},
		{&indexing.ListDiff{Type: core.I8}, ops(f32(1), f32(1)), "ListDiff: type: got i8, want i32 or i64 (ListDiff-C3)"},
		{
			&reduce.Bincount{}, ops(f32(1), i32(), f32(1)),
			"Bincount: input 0 (x): got type f32, want one of [i32 i64] (Bincount-C1)",
		},
		{
			&reduce.Bincount{}, ops(i32(), i32(), f32(1)),
			"Bincount: input 0 (x): got shape [], want rank 1 or 2 (Bincount-C1)",
		},
		{
			&reduce.Bincount{}, ops(i32(1), f32(), f32(1)),
			"Bincount: input 1 (size): got f32[], want i32 or i64 of shape [] (Bincount-C2)",
		},
		{
			&reduce.Bincount{}, ops(i32(1), isI32(-1), f32(1)),
			"Bincount: input 1 (size): got -1, want in [0, 1099511627776] (Bincount-C2)",
		},
		{
			&reduce.Bincount{}, ops(i32(1), i32(), u8(1)),
			"Bincount: input 2 (weights): got type u8, want one of [f32 f64 i32 i64] (Bincount-C3)",
		},
		{
			&reduce.Bincount{}, ops(i32(1), i32(), f32(2)),
			"Bincount: input 2 (weights): got shape [2], want [1] or no elements (Bincount-C3)",
		},
		{
			&reduce.Bincount{Binary: true}, ops(i32(1), i32(), f32(1)),
			"Bincount: input 2 (weights): got shape [1], want no weights for booleans (Bincount-C3)",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, err := core.NewNode(c.op, testgraph.Values(t, c.in)...)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestBincountRefusesNegativeNumbers(t *testing.T) {
	in := []*core.Tensor{tensor(t, core.Shape{2}, int32(1), -1), core.Scalar(int32(2)), tensor[float32](t, core.Shape{0})}
	_, err := core.EvalOp(&reduce.Bincount{}, in)
	require.EqualError(t, err, "Bincount: input 0 (x): got -1 at element 1, want no negative number (Bincount-C1)")
}

// Weights are bounded before they are computed.
func TestWeightsOfScaleAndTranslateAreBounded(t *testing.T) {
	op := &vision.ScaleAndTranslate{Kernel: vision.Lanczos5, Antialias: true}
	x, err := core.NewTensor(core.U8, core.Shape{1, 1, 1 << 14, 1})
	require.NoError(t, err)
	in := []*core.Tensor{
		x, tensor(t, core.Shape{2}, int32(1), 1<<13), tensor(t, core.Shape{2}, float32(1), 1e-6),
		tensor(t, core.Shape{2}, float32(0), 0),
	}
	_, err = core.EvalOp(op, in)
	require.EqualError(t, err, "ScaleAndTranslate: input 2 (scale): got scale 1e-06, by which 16384 elements become "+
		"8192 of up to 16384 each, want at most 67108864 weights (ScaleAndTranslate-C5)")
}
