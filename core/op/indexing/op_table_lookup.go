package indexing

import (
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[TableLookup]("TableLookup")

// TableLookup finds the values of keys in a table.
//
//	y[i] = values[n] where table[n] = keys[i]; otherwise where no n is
//
//	Inputs:  keys: string, i32 or i64, any shape
//	         table: the type of keys, [n], a constant
//	         values: any type, [n], a constant
//	         otherwise: the type of values, []
//	Outputs: y: the type of values, the shape of keys
//
//	C1: keys are strings, i32 or i64
//	C2: table has the type of keys, one dimension and at most 2^31-1 elements, and is a constant
//	C3: values have the shape of table, and are constants
//	C4: otherwise has the type of values and shape []
//	C5: where a key is in the table twice, both values are equal
//
// The table is hashed once. It is TensorFlow's LookupTableFindV2 in a HashTableV2.
type TableLookup struct {
	mu   sync.Mutex `json:"-"`
	made *hashed    `json:"-"` // of the last table
}

// hashed are the positions of the keys of a table: in the slot of a key's hash, or in the next that is free.
type hashed struct {
	table, values *core.Tensor
	seed          maphash.Seed
	slots         []slot
	keys          int // how many differ
}

// slot has the position of a key, counted from 1, and the upper half of its hash; 0 is a free slot.
type slot struct{ hash, position uint32 }

// InputNames names the inputs.
func (op *TableLookup) InputNames() []string { return []string{"keys", "table", "values", "otherwise"} }

// Infer checks C1 to C4, and C5 once the table is known.
func (op *TableLookup) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	keys, table, values, otherwise := in[0], in[1], in[2], in[3]
	if t := keys.Type; t != core.Dynamic && t != core.String && t != core.I32 && t != core.I64 {
		return nil, core.Violation("C1", 0, "got type %v, want string, i32 or i64", t)
	}
	if table.Const == nil || !table.Type.Compatible(keys.Type) || len(table.Shape) != 1 {
		return nil, core.Violation("C2", 1, "got %v, want a constant %v[n]", table.Fact, keys.Type)
	}
	if t := table.Type; t != core.String && t != core.I32 && t != core.I64 || table.Shape[0] > math.MaxInt32 {
		return nil, core.Violation("C2", 1, "got %v, want at most 2^31-1 strings, i32 or i64", table.Fact)
	}
	if values.Const == nil || !values.Shape.Equal(table.Shape) {
		return nil, core.Violation("C3", 2, "got %v, want a constant of shape %v as table", values.Fact, table.Shape)
	}
	if !otherwise.Type.Compatible(values.Type) || !otherwise.Shape.Compatible(core.Shape{}) {
		return nil, core.Violation("C4", 3, "got %v, want %v[]", otherwise.Fact, values.Type)
	}
	if _, err := op.hashed(table.Const, values.Const); err != nil {
		return nil, err
	}
	return []core.Fact{{Type: values.Type, Shape: keys.Shape}}, nil
}

// Eval looks up the keys.
func (op *TableLookup) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	h, err := op.hashed(in[1], in[2])
	if err != nil {
		return err
	}
	for i := range in[0].Len() {
		if _, _, n := h.find(in[0], i); n >= 0 {
			elements.CopyUnit(out[0], i, in[2], n, 1)
		} else {
			elements.CopyUnit(out[0], i, in[3], 0, 1)
		}
	}
	return nil
}

// Keys returns how many keys of a table differ. The table is hashed then; it must satisfy C2, C3 and C5.
func (op *TableLookup) Keys(table, values *core.Tensor) (int, error) {
	n := core.Fact{Type: values.Type(), Shape: core.Shape{}}
	in := []core.Operand{{Fact: core.Fact{Type: table.Type()}}, {}, {}, {Fact: n}}
	in[1], in[2] = core.Operand{Fact: table.Fact(), Const: table}, core.Operand{Fact: values.Fact(), Const: values}
	if _, err := op.Infer(in); err != nil {
		return 0, err
	}
	h, err := op.hashed(table, values)
	if err != nil {
		return 0, err
	}
	return h.keys, nil
}

// hashed returns the positions of the keys of a table, and checks C5.
func (op *TableLookup) hashed(table, values *core.Tensor) (*hashed, error) {
	op.mu.Lock()
	defer op.mu.Unlock()
	if h := op.made; h != nil && sameElements(h.table, table) && sameElements(h.values, values) {
		return h, nil
	}
	h := &hashed{table: table, values: values, seed: maphash.MakeSeed()}
	h.slots = make([]slot, 1<<bits.Len(uint(2*table.Len())))
	for n := range table.Len() {
		at, hash, first := h.find(table, n)
		if first < 0 {
			h.slots[at] = slot{hash, uint32(n + 1)}
			h.keys++
		} else if !equalElements(values, first, n) {
			return nil, core.Violation("C5", 1, "got the same key at %d and %d with different values, want equal ones", first, n)
		}
	}
	op.made = h
	return h, nil
}

// find returns the slot of key i, the upper half of its hash, and its position in the table; -1 if it is not there.
func (h *hashed) find(keys *core.Tensor, i int) (at int, hash uint32, position int) {
	var sum uint64
	var text string
	var value int64
	texts := keys.Type() == core.String
	if texts {
		text = keys.Strings()[i]
		sum = maphash.String(h.seed, text)
	} else {
		value = number(keys, i)
		sum = maphash.Comparable(h.seed, value)
	}
	hash = uint32(sum >> 32)
	for at = int(sum) & (len(h.slots) - 1); h.slots[at].position != 0; at = (at + 1) & (len(h.slots) - 1) {
		if h.slots[at].hash != hash {
			continue
		}
		position = int(h.slots[at].position - 1)
		if texts && h.table.Strings()[position] == text || !texts && number(h.table, position) == value {
			return at, hash, position
		}
	}
	return at, hash, -1
}

// number returns an element of i32 or i64.
func number(t *core.Tensor, i int) int64 {
	if t.Type() == core.I32 {
		return int64(core.Data[int32](t)[i])
	}
	return core.Data[int64](t)[i]
}

// equalElements reports whether two elements of a tensor are equal to the last bit.
func equalElements(t *core.Tensor, i, j int) bool {
	if t.Type() == core.String {
		return t.Strings()[i] == t.Strings()[j]
	}
	size := t.Type().Size()
	return slices.Equal(t.Bytes()[i*size:(i+1)*size], t.Bytes()[j*size:(j+1)*size])
}

// sameElements reports whether two constants of one type have their elements in one place.
func sameElements(a, b *core.Tensor) bool {
	switch {
	case a == b:
		return true
	case a.Type() != b.Type() || a.Len() != b.Len():
		return false
	case a.Len() == 0:
		return true
	case a.Type() == core.String:
		return &a.Strings()[0] == &b.Strings()[0]
	}
	return &a.Bytes()[0] == &b.Bytes()[0]
}
