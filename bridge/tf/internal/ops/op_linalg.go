package ops

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/matrix"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/random"
)

var _ = register("linalg",
	op{name: "MatrixInverse", signature: matrixSignature, translate: matrixInverse},
	op{name: "BatchMatrixInverse", signature: matrixSignature, translate: matrixInverse},
	op{name: "MatrixDeterminant", signature: matrixSignature, translate: apply(&matrix.Determinant{})},
	op{name: "BatchMatrixDeterminant", signature: matrixSignature, translate: apply(&matrix.Determinant{})},
	op{
		name:      "LogMatrixDeterminant",
		signature: "input:T -> sign:T log_abs_determinant:T",
		translate: apply(&matrix.LogDeterminant{}),
	},
	op{name: "MatrixSolve", signature: equationsSignature, translate: solve},
	op{name: "BatchMatrixSolve", signature: equationsSignature, translate: solve},
	op{name: "MatrixTriangularSolve", signature: equationsSignature, translate: triangularSolve},
	op{name: "BatchMatrixTriangularSolve", signature: equationsSignature, translate: triangularSolve},
	op{name: "BandedTriangularSolve", signature: equationsSignature, translate: bandedTriangularSolve},
	op{name: "TridiagonalSolve", signature: "diagonals:T rhs:T -> output:T", translate: tridiagonalSolve},
	op{
		name:      "TridiagonalMatMul",
		signature: "superdiag:T maindiag:T subdiag:T rhs:T -> output:T",
		translate: apply(&matrix.TridiagonalProduct{}),
	},
	op{name: "Cholesky", signature: matrixSignature, translate: apply(&matrix.Cholesky{})},
	op{name: "BatchCholesky", signature: matrixSignature, translate: apply(&matrix.Cholesky{})},
	op{name: "MatrixExponential", signature: matrixSignature, translate: apply(&matrix.Exponential{})},
	op{name: "Qr", signature: "input:T -> q:T r:T", translate: qr},
	op{name: "SelfAdjointEigV2", signature: eigenSignature, translate: selfAdjointEig},
	op{name: "BatchSelfAdjointEigV2", signature: eigenSignature, translate: selfAdjointEig},
	op{name: "SelfAdjointEig", signature: matrixSignature, translate: joinedEig},
	op{name: "BatchSelfAdjointEig", signature: matrixSignature, translate: joinedEig},
	op{name: "Svd", signature: "input:T -> s:T u:T v:T", translate: svd},
	op{name: "BatchSvd", signature: "input:T -> s:T u:T v:T", translate: svd},

	op{name: "Lgamma", signature: unarySignature, translate: unary(pointwise.Lgamma)},
	op{name: "Digamma", signature: unarySignature, translate: unary(pointwise.Digamma)},
	op{name: "Erfinv", signature: unarySignature, translate: unary(pointwise.Erfinv)},
	op{name: "Ndtri", signature: unarySignature, translate: unary(pointwise.Ndtri)},
	op{name: "Dawsn", signature: unarySignature, translate: unary(pointwise.Dawsn)},
	op{name: "Expint", signature: unarySignature, translate: unary(pointwise.Expint)},
	op{name: "FresnelSin", signature: unarySignature, translate: unary(pointwise.FresnelSin)},
	op{name: "FresnelCos", signature: unarySignature, translate: unary(pointwise.FresnelCos)},
	op{name: "Spence", signature: unarySignature, translate: unary(pointwise.Spence)},
	op{name: "BesselI0", signature: unarySignature, translate: unary(pointwise.BesselI0)},
	op{name: "BesselI1", signature: unarySignature, translate: unary(pointwise.BesselI1)},
	op{name: "BesselK0", signature: unarySignature, translate: unary(pointwise.BesselK0)},
	op{name: "BesselK1", signature: unarySignature, translate: unary(pointwise.BesselK1)},
	op{name: "BesselI0e", signature: unarySignature, translate: unary(pointwise.BesselI0e)},
	op{name: "BesselI1e", signature: unarySignature, translate: unary(pointwise.BesselI1e)},
	op{name: "BesselK0e", signature: unarySignature, translate: unary(pointwise.BesselK0e)},
	op{name: "BesselK1e", signature: unarySignature, translate: unary(pointwise.BesselK1e)},
	op{name: "BesselJ0", signature: unarySignature, translate: unary(pointwise.BesselJ0)},
	op{name: "BesselJ1", signature: unarySignature, translate: unary(pointwise.BesselJ1)},
	op{name: "BesselY0", signature: unarySignature, translate: unary(pointwise.BesselY0)},
	op{name: "BesselY1", signature: unarySignature, translate: unary(pointwise.BesselY1)},
	op{name: "Igamma", signature: "a:T x:T -> z:T", translate: binary(pointwise.Igamma)},
	op{name: "Igammac", signature: "a:T x:T -> z:T", translate: binary(pointwise.Igammac)},
	op{name: "Zeta", signature: "x:T q:T -> z:T", translate: binary(pointwise.Zeta)},
	op{name: "Polygamma", signature: "a:T x:T -> z:T", translate: binary(pointwise.Polygamma)},
	op{name: "Betainc", signature: "a:T b:T x:T -> z:T", translate: apply(&pointwise.Betainc{})},

	op{name: "StatelessRandomGetAlg", signature: "-> alg:int32", translate: philoxAlgorithm},
	op{
		name:      "StatelessRandomGetKeyCounter",
		signature: "seed:Tseed=int64 -> key:uint64 counter:uint64",
		translate: apply(&random.PhiloxKey{}),
	},
	op{
		name:      "StatelessRandomGetKeyCounterAlg",
		signature: "seed:Tseed=int64 -> key:uint64 counter:uint64 alg:int32",
		translate: func(c *call) []core.Value {
			return append(c.emit(&random.PhiloxKey{}, c.in...), c.scalarOf("alg", philox))
		},
	},
	op{name: "StatelessRandomUniform", signature: seededSignature, translate: seeded(random.Uniform)},
	op{name: "StatelessRandomNormal", signature: seededSignature, translate: seeded(random.Normal)},
	op{name: "StatelessTruncatedNormal", signature: seededSignature, translate: seeded(random.TruncatedNormal)},
	op{
		name:      "StatelessRandomUniformInt",
		signature: "shape:T seed:Tseed=int64 minval:dtype maxval:dtype -> output:dtype",
		translate: seeded(random.UniformWhole),
	},
	op{
		name:      "StatelessRandomUniformFullInt",
		signature: "shape:T=int32 seed:Tseed=int64 -> output:dtype=uint64",
		translate: seeded(random.FullWhole),
	},
	op{name: "StatelessRandomUniformV2", signature: keyedSignature, translate: keyed(random.Uniform)},
	op{name: "StatelessRandomNormalV2", signature: keyedSignature, translate: keyed(random.Normal)},
	op{name: "StatelessTruncatedNormalV2", signature: keyedSignature, translate: keyed(random.TruncatedNormal)},
	op{
		name:      "StatelessRandomUniformIntV2",
		signature: "shape:Tshape=int32 key:uint64 counter:uint64 alg:int32 minval:dtype maxval:dtype -> output:dtype",
		translate: keyed(random.UniformWhole),
	},
	op{
		name:      "StatelessRandomUniformFullIntV2",
		signature: "shape:Tshape=int32 key:uint64 counter:uint64 alg:int32 -> output:dtype=uint64",
		translate: keyed(random.FullWhole),
	},
)

const (
	matrixSignature    = "input:T -> output:T"
	equationsSignature = "matrix:T rhs:T -> output:T"
	eigenSignature     = "input:T -> e:T v:T"

	seededSignature = "shape:T=int32 seed:Tseed=int64 -> output:dtype=float"
	keyedSignature  = "shape:Tshape=int32 key:uint64 counter:uint64 alg:int32 -> output:dtype=float"
	philox          = 1 // the number of TensorFlow's algorithm Philox
	autoSelected    = 3 // that of the algorithm that suits the device, which is Philox
)

func matrixInverse(c *call) []core.Value {
	return c.emit(&matrix.Inverse{Adjoint: c.boolOr("adjoint", false)}, c.in...)
}

func solve(c *call) []core.Value {
	return c.emit(&matrix.Solve{Adjoint: c.boolOr("adjoint", false)}, c.in...)
}

func triangularSolve(c *call) []core.Value {
	op := &matrix.TriangularSolve{Lower: c.boolOr("lower", true), Adjoint: c.boolOr("adjoint", false)}
	return c.emit(op, c.in...)
}

func bandedTriangularSolve(c *call) []core.Value {
	op := &matrix.BandedTriangularSolve{Lower: c.boolOr("lower", true), Adjoint: c.boolOr("adjoint", false)}
	return c.emit(op, c.in...)
}

func tridiagonalSolve(c *call) []core.Value {
	if c.boolOr("perturb_singular", false) {
		c.failAttr("perturb_singular", "got true, want false: solutions of singular matrices are not defined")
	}
	return c.emit(&matrix.TridiagonalSolve{Pivoting: c.boolOr("partial_pivoting", true)}, c.in...)
}

func qr(c *call) []core.Value {
	return c.emit(&matrix.QR{Full: c.boolOr("full_matrices", false)}, c.in...)
}

func selfAdjointEig(c *call) []core.Value {
	return c.emit(&matrix.SelfAdjointEig{Vectors: c.boolOr("compute_v", true)}, c.in...)
}

// joinedEig puts the eigenvalues as a row before the vectors.
func joinedEig(c *call) []core.Value {
	out := c.emitAs("#eigen", &matrix.SelfAdjointEig{Vectors: true}, c.in...)
	if s := c.in[0].Shape(); c.err == nil && !s.Ranked() {
		c.failInput(0, "got a shape of unknown rank, want a known one")
	}
	if c.err != nil {
		return nil
	}
	row := len(c.in[0].Shape()) - 2
	values := c.helper("values", &array.ExpandDims{Axes: []int{row}}, out[0])
	return c.emit(&array.Concat{Axis: row}, values, out[1])
}

func svd(c *call) []core.Value {
	op := &matrix.SVD{Vectors: c.boolOr("compute_uv", true), Full: c.boolOr("full_matrices", false)}
	return c.emit(op, c.in...)
}

func philoxAlgorithm(c *call) []core.Value {
	return []core.Value{c.scalarOf("alg", philox)}
}

// randomType is the type of a random op's output.
func (c *call) randomType() core.Type {
	types, _, err := c.op.out.Expand(c.node, 1)
	if c.keep(err); c.err != nil {
		return core.Dynamic
	}
	return types[0]
}

// seeded makes a key of two seeds.
func seeded(d random.Distribution) func(*call) []core.Value {
	return func(c *call) []core.Value {
		key := c.emitAs("#key", &random.PhiloxKey{}, c.in[1])
		if c.err != nil {
			return nil
		}
		in := append([]core.Value{c.in[0], key[0], key[1]}, c.in[2:]...)
		return c.emit(&random.Philox{Distribution: d, Type: c.randomType()}, in...)
	}
}

// keyed takes a key and a counter. Philox is the only algorithm that TensorFlow has for CPUs.
func keyed(d random.Distribution) func(*call) []core.Value {
	return func(c *call) []core.Value {
		if alg := c.integer(3); alg != philox && alg != autoSelected {
			c.failInput(3, "got algorithm %d, want %d or %d: Philox", alg, philox, autoSelected)
		}
		in := append([]core.Value{c.in[0], c.in[1], c.in[2]}, c.in[4:]...)
		return c.emit(&random.Philox{Distribution: d, Type: c.randomType()}, in...)
	}
}
