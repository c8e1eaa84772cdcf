package sparse

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/core/op/text"
)

var _ = core.Register[SparseCross]("SparseCross")

// Crossing is what SparseCross makes of features that it joins.
type Crossing uint8

// The ways.
const (
	CrossText     Crossing = iota // their text, with Separator between
	CrossHash                     // a hash that begins with Key[0]
	CrossSalted                   // a hash of fingerprints
	CrossSaltedBy                 // a hash of SipHash-2-4 with both of Key
	numCrossings
)

var crossingNames = [numCrossings]string{"Text", "Hash", "Fingerprint", "SipHash"}

// String returns the name.
func (c Crossing) String() string { return enum.Name(c, crossingNames[:]) }

// MarshalText writes the name, which stands for the Crossing in JSON.
func (c Crossing) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText parses a name.
func (c *Crossing) UnmarshalText(b []byte) error {
	return enum.Parse(c, string(b), "crossing", crossingNames[:])
}

// SparseCross joins the features of each row of some columns in all ways, those of the last column first.
//
//	Inputs:  Sparse indices: i64, [n, 2], by rows
//	         Sparse values: i64 or string, [n]
//	         Sparse shapes: i64, [2]
//	         any number of columns: i64 or string, [rows, m]
//	Outputs: indices: i64, [crosses, 2]
//	         values: string for Text, else i64, [crosses]: in [0, Buckets) if that is above 0
//	         shape: i64, [2]: rows, and the most crosses of a row
//
//	C1: indices are i64, of shape [n, 2]; values are a vector of n i64 or strings, and shapes are i64, of shape [2]
//	C2: columns are i64 or string, matrices
//	C3: all have the same number of rows
//	C4: Sparse is 0 or more, Crossing one of its values, and Key has two elements unless it is Text
//
// A row's features end at an index out of order. It is TensorFlow's SparseCross, SparseCrossV2 and SparseCrossHashed.
type SparseCross struct {
	Sparse    int      `json:"sparse"`
	Crossing  Crossing `json:"crossing"`
	Separator string   `json:"separator,omitempty"`
	Buckets   int64    `json:"buckets,omitempty"`
	Key       []int64  `json:"key,omitempty"`
}

// Infer checks the types and shapes.
func (op *SparseCross) Infer(in []core.Operand) ([]core.Fact, error) {
	n := op.Sparse
	if n < 0 || n > len(in)/3 || op.Crossing >= numCrossings || op.Crossing != CrossText && len(op.Key) != 2 {
		return nil, core.Violation("C4", -1, "got %d inputs for %d sparse tensors, crossing %v and key %d", len(in), n,
			op.Crossing, op.Key)
	}
	for i := range n {
		s, err := wantSparse("C1", in, i, n)
		if err != nil {
			return nil, err
		}
		if !s[1:].Compatible(core.Shape{2}) {
			return nil, core.Violation("C1", i, "got shape %v, want [n,2]", in[i].Shape)
		}
		if t := in[n+i].Type; t != core.I64 && t != core.String && t != core.Dynamic {
			return nil, core.Violation("C1", n+i, "got type %v, want i64 or string", t)
		}
	}
	for i := 3 * n; i < len(in); i++ {
		t := in[i].Type
		if t != core.I64 && t != core.String && t != core.Dynamic || in[i].Shape.Ranked() && len(in[i].Shape) != 2 {
			return nil, core.Violation("C2", i, "got %v, want a matrix of i64 or string", in[i].Fact)
		}
	}
	t := core.I64
	if op.Crossing == CrossText {
		t = core.String
	}
	return []core.Fact{
		{Type: core.I64, Shape: core.Shape{core.Unknown, 2}},
		{Type: t, Shape: core.Shape{core.Unknown}},
		{Type: core.I64, Shape: core.Shape{2}},
	}, nil
}

// column is a column of features, and where the features of each row begin.
type column struct {
	values *core.Tensor
	starts []int
	sparse bool
}

// columns returns the columns, and how many rows they have.
func (op *SparseCross) columns(in []*core.Tensor) ([]column, int, error) {
	rows, n := int64(0), op.Sparse
	if len(in) > 0 {
		if rows = int64(in[len(in)-1].Shape()[0]); n > 0 {
			rows = in[2*n].Int64s()[0]
		}
	}
	for i, t := range in {
		got := rows
		if i >= 3*n {
			got = int64(t.Shape()[0])
		} else if i >= 2*n {
			got = t.Int64s()[0]
		}
		if got != rows || got < 0 {
			return nil, 0, core.Violation("C3", i, "got %d rows, want %d", got, max(rows, 0))
		}
	}
	if rows > core.DefaultMaxTensorBytes/8 {
		return nil, 0, core.Violation("C3", 2*n, "got %d rows, want fewer", rows)
	}
	list := []column{}
	for i := range n {
		at, next, starts := in[i].Int64s(), 0, make([]int, rows+1)
		for row := range rows {
			for next < len(at)/2 && at[2*next] == row {
				next++
			}
			starts[row+1] = next
		}
		list = append(list, column{in[n+i], starts, true})
	}
	for _, t := range in[3*n:] {
		starts := make([]int, rows+1)
		for row := range starts {
			starts[row] = row * t.Shape()[1]
		}
		list = append(list, column{t, starts, false})
	}
	return list, int(rows), nil
}

// Eval counts the crosses of each row, and makes them.
func (op *SparseCross) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	columns, rows, err := op.columns(in)
	if err != nil {
		return err
	}
	count, most := 0, 0
	for row := range rows {
		n := 1
		for _, c := range columns {
			if n *= c.starts[row+1] - c.starts[row]; n > core.MaxElements {
				return core.Violation("", -1, "more than %d crosses", int64(core.MaxElements))
			}
		}
		most = max(most, n)
		if count += n; count > core.MaxElements {
			return core.Violation("", -1, "more than %d crosses", int64(core.MaxElements))
		}
	}
	t := core.I64
	if op.Crossing == CrossText {
		t = core.String
	}
	for i, f := range []core.Fact{
		{Type: core.I64, Shape: core.Shape{count, 2}},
		{Type: t, Shape: core.Shape{count}},
		{Type: core.I64, Shape: core.Shape{2}},
	} {
		if err := allocate(op, out, i, f.Type, f.Shape); err != nil {
			return err
		}
	}
	shape, indices, next := core.Data[int64](out[2]), core.Data[int64](out[0]), 0
	shape[0], shape[1] = int64(rows), int64(most)
	made := int64(0)
	for row := range rows {
		first := next
		err := each(columns, row, func(features []int) error {
			indices[2*next], indices[2*next+1] = int64(row), int64(next-first)
			if op.Crossing != CrossText {
				core.Data[int64](out[1])[next] = op.hash(columns, features)
				next++
				return nil
			}
			parts := make([]string, len(columns))
			for i, c := range columns {
				parts[i] = c.text(features[i])
				made += int64(len(parts[i]) + len(op.Separator))
			}
			if made > core.DefaultMaxTensorBytes {
				return &core.MemoryError{
					Op: core.OpName(op), Bytes: made, Limit: core.DefaultMaxTensorBytes, OneTensor: true,
				}
			}
			out[1].Strings()[next] = strings.Join(parts, op.Separator)
			next++
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls f with the place of a feature of each column, in all ways, of which the last column's change first.
func each(columns []column, row int, f func(features []int) error) error {
	features := make([]int, len(columns))
	for i, c := range columns {
		if features[i] = c.starts[row]; c.starts[row] == c.starts[row+1] {
			return nil
		}
	}
	for {
		if err := f(features); err != nil {
			return err
		}
		i := len(columns) - 1
		for ; i >= 0; i-- {
			if features[i]++; features[i] < columns[i].starts[row+1] {
				break
			}
			features[i] = columns[i].starts[row]
		}
		if i < 0 {
			return nil
		}
	}
}

func (c column) text(i int) string {
	if c.values.Type() == core.String {
		return c.values.Strings()[i]
	}
	return strconv.FormatInt(core.Data[int64](c.values)[i], 10)
}

// hash returns the hash of a feature of each column. Of integers four bytes are hashed, if any.
func (op *SparseCross) hash(columns []column, features []int) int64 {
	h := uint64(0)
	if op.Crossing == CrossHash {
		h = uint64(op.Key[0])
	}
	for i, c := range columns {
		f, plain := uint64(0), ""
		if c.values.Type() == core.String {
			plain = c.values.Strings()[features[i]]
		} else {
			f = uint64(core.Data[int64](c.values)[features[i]])
			plain = string(binary.LittleEndian.AppendUint32(nil, uint32(f)))
		}
		switch {
		case op.Crossing == CrossSaltedBy:
			f = text.SipHash(uint64(op.Key[0]), uint64(op.Key[1]), plain)
		case c.values.Type() == core.String, op.Crossing == CrossSalted && c.sparse:
			f = text.Fingerprint64(plain)
		}
		if h = concatenated(h, f); i == 0 && op.Crossing != CrossHash {
			h = f
		}
	}
	if op.Buckets > 0 {
		return int64(h % uint64(op.Buckets))
	}
	return int64(h % math.MaxInt64)
}

// concatenated is TensorFlow's fingerprint of two fingerprints.
func concatenated(a, b uint64) uint64 {
	const mul = 0xc6a4a7935bd1e995
	mixed := func(x uint64) uint64 { return x ^ x>>47 }
	h := (a ^ mul ^ mixed(b*mul)*mul) * mul
	return mixed(mixed(h) * mul)
}
