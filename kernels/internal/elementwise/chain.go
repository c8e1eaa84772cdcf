// Package elementwise computes chains of operations on every element of tensors: elements are converted from integers,
// combined in float32, and quantized again, without storing whole float32 tensors in between.
//
// A chain works on about two thousand elements at a time, which stay in the first-level cache while one primitive after
// the other processes them. Primitives have portable and assembly variants, which give the same bits.
package elementwise

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// converted is the primitive that converts a type to float32.
var converted = map[dtype.Type]Primitive{
	dtype.U8: ConvertU8, dtype.I8: ConvertI8, dtype.I32: ConvertI32, dtype.I64: ConvertI64,
	dtype.F16: ConvertF16, dtype.BF16: ConvertBF16,
}

// Converts reports whether chains can take numbers of a type other than float32.
func Converts(t dtype.Type) bool {
	_, ok := converted[t]
	return ok
}

// Source is an operand with a value for each element. The values are those of a buffer: integers are multiplied by
// Scale, numbers of other types are taken as they are. If Values is not nil, it has a value for each channel instead.
// Channels take turns: each has one element, or as many in a row as Row says if that is not 0. Without Values, Row
// means that the buffer has a float32 for each row of so many elements. Addends are a second operand of MultiplyAdd, as
// many as Values, whose channels have one element each. If Tile is set, the buffer has only the
// elements of one call of Run, which are at most Block. Steps change what is taken; they read no other elements and
// store nothing.
type Source struct {
	Buffer  int
	Type    dtype.Type // F32, or one that chains convert; not needed with Values or Row
	Scale   float32
	Values  []float32
	Addends []float32
	Row     int
	Tile    bool // of float32, and only of the Load that a chain begins with
	Steps   []Step
}

// StepKind says what a step does to the current values.
type StepKind uint8

// The kinds of steps. The first of a chain is Load.
const (
	Load           StepKind = iota // take the values of Source
	Combine                        // apply Primitive, with Source as y
	CombineSwapped                 // apply Primitive, with Source as x
	Limit                          // clamp to Numbers.Lo and Hi (Clamp)
	DropNaN                        // ZeroNaN
	RoundAway                      // Round
	Apply                          // apply Primitive, a function, with Numbers
	StoreF32                       // store the values in Buffer
	StoreQuantized                 // store the quantized values in Buffer; the current values stay
	StoreConverted                 // store the values converted by Primitive in Buffer; the current values stay
)

// Step is one step of a chain.
type Step struct {
	Kind      StepKind
	Primitive Primitive // of Combine, Apply and StoreConverted
	Source    Source    // of Load and Combine; of StoreQuantized the Steps alone, which change what it stores
	Numbers   Numbers   // of Limit, Apply and StoreQuantized
	Buffer    int       // of the stores
}

// Reads reports whether the step takes a value of a buffer for each element.
func (s *Step) Reads(buffer int) bool {
	switch s.Kind {
	case Load, Combine, CombineSwapped:
		return s.Source.Values == nil && s.Source.Row == 0 && s.Source.Buffer == buffer
	}
	return false
}

// ErrChain is wrapped by every error of NewChain.
var ErrChain = errors.New("invalid elementwise chain")

// Block is how many elements are taken through the chain together.
const Block = 2048

// Chain is a list of steps. It is immutable and safe for concurrent use.
type Chain struct {
	isas    isa.Set
	steps   []step
	buffers []int // bytes per element of each buffer; 0 if the buffer is not used, or has no value for each element
	rows    []int // for each buffer that has a value for each row, the elements of a row
	tile    int   // the buffer that has the elements of one call of Run; -1 for none
	name    string

	estimate *estimate // nil if there is none
}

// step is a Step with the variants that compute it.
type step struct {
	Step
	convert *Variant // converts the operand if it is not float32
	run     *Variant
	numbers Numbers // of convert
	table   []byte  // the values of the operand's channels; without rows, repeated so that a block can begin at any
	then    []step  // change the operand
	by      by      // computes the step if the operand is one number, or one for each long row
}

// choose returns a step with the variants that compute it.
func (c *Chain) choose(st Step, use func(Primitive) *Variant) (step, error) {
	t := step{Step: st}
	switch st.Kind {
	case Load, Combine, CombineSwapped:
		if err := c.operand(&t, use); err != nil {
			return t, err
		}
		if st.Kind != Load {
			addends := st.Primitive == MultiplyAdd && st.Kind == Combine && st.Source.Addends != nil
			if !st.Primitive.isArithmetic() && !addends {
				return t, fmt.Errorf("%v does not combine two operands", st.Primitive)
			}
			t.run = use(st.Primitive)
			t.by = c.by(&t)
		}
	case Limit:
		t.run = use(Clamp)
	case DropNaN:
		t.run = use(ZeroNaN)
	case RoundAway:
		t.run = use(Round)
	case Apply:
		if !st.Primitive.isFunction() {
			return t, fmt.Errorf("%v is no function of one operand", st.Primitive)
		}
		t.run = use(st.Primitive)
	case StoreF32:
		return t, c.buffer(st.Buffer, 4)
	case StoreQuantized:
		if err := c.changes(&t, use); err != nil {
			return t, err
		}
		t.run = use(Quantize)
		t.by = c.shifted(&t)
		if lo, hi := st.Numbers.Lo, st.Numbers.Hi; !(lo >= -128 && hi <= 255 && lo <= hi) {
			return t, fmt.Errorf("got range [%v,%v], want one within 8 bits", lo, hi)
		}
		return t, c.buffer(st.Buffer, 1)
	case StoreConverted:
		if !st.Primitive.narrows() {
			return t, fmt.Errorf("%v makes no other type", st.Primitive)
		}
		t.run = use(st.Primitive)
		_, size := st.Primitive.sizes()
		return t, c.buffer(st.Buffer, size)
	default:
		return t, fmt.Errorf("unknown kind %d", st.Kind)
	}
	return t, nil
}

// NewChain returns a chain over n buffers with the fastest variants within s.
func NewChain(s isa.Set, n int, steps []Step) (*Chain, error) {
	if len(steps) == 0 || steps[0].Kind != Load {
		return nil, fmt.Errorf("%w: want a load as the first step", ErrChain)
	}
	c := &Chain{isas: s, buffers: make([]int, n), rows: make([]int, n), tile: -1}
	var names []string
	best := isa.Portable
	use := func(p Primitive) *Variant {
		v := Choose(s, p)
		best = max(best, v.ISA)
		names = append(names, p.String())
		return v
	}
	for i, st := range steps {
		t, err := c.choose(st, use)
		if err != nil {
			return nil, fmt.Errorf("%w: step %d: %w", ErrChain, i, err)
		}
		c.steps = append(c.steps, t)
	}
	if c.estimate = c.estimated(s); c.estimate != nil {
		names = slices.Insert(names, 0, c.estimate.function.Primitive.String(), Estimate.String())
	}
	c.name = fmt.Sprintf("elementwise_%s_%v", strings.Join(names, "+"), best)
	return c, nil
}

// Name returns a name that consists of the primitives of the chain and the most capable instruction set that they use.
func (c *Chain) Name() string { return c.name }

func (c *Chain) buffer(i, size int) error {
	if i < 0 || i >= len(c.buffers) {
		return fmt.Errorf("got buffer %d, want one of %d", i, len(c.buffers))
	}
	if i == c.tile {
		return fmt.Errorf("buffer %d has a tile and a value for each element", i)
	}
	if c.rows[i] != 0 {
		return fmt.Errorf("buffer %d has a value for each row and one for each element", i)
	}
	if c.buffers[i] != 0 && c.buffers[i] != size {
		return fmt.Errorf("buffer %d has elements of %d and of %d bytes", i, c.buffers[i], size)
	}
	c.buffers[i] = size
	return nil
}

func (c *Chain) operand(t *step, use func(Primitive) *Variant) error {
	o := &t.Source
	if o.Values != nil {
		return t.channels()
	}
	if o.Row != 0 {
		return c.row(o)
	}
	if o.Tile {
		return c.loadTile(t, use)
	}
	if o.Type != dtype.F32 {
		p, ok := converted[o.Type]
		if !ok {
			return fmt.Errorf("got numbers of type %v, which chains do not take", o.Type)
		}
		t.convert, t.numbers.Scale = use(p), o.Scale
	}
	if err := c.changes(t, use); err != nil {
		return err
	}
	return c.buffer(o.Buffer, o.Type.Size())
}

// channels makes the table of an operand with a value for each channel.
func (t *step) channels() error {
	o := &t.Source
	switch {
	case len(o.Values) == 0 || len(o.Values) > math.MaxInt32:
		return fmt.Errorf("got %d values of channels, want at least 1", len(o.Values))
	case o.Row < 0:
		return fmt.Errorf("got channels of %d elements in a row, want at least 1", o.Row)
	case len(o.Values) == 1 || o.Row == 1:
		o.Row = 0
	}
	n := len(o.Values)
	if o.Row == 0 {
		n += Block
	}
	t.table = inTurn(o.Values, n)
	if o.Addends != nil {
		if o.Row != 0 || len(o.Addends) != len(o.Values) {
			return fmt.Errorf("got %d addends of rows of %d elements, want %d of single ones",
				len(o.Addends), o.Row, len(o.Values))
		}
		t.Numbers.Second = len(t.table)
		t.table = append(t.table, inTurn(o.Addends, n)...)
	}
	return nil
}

// inTurn returns n numbers, of the given ones in turn.
func inTurn(values []float32, n int) []byte {
	table := make([]byte, 4*n)
	for i := range n {
		binary.NativeEndian.PutUint32(table[4*i:], math.Float32bits(values[i%len(values)]))
	}
	return table
}

// loadTile notes the buffer that has the elements of one call.
func (c *Chain) loadTile(t *step, use func(Primitive) *Variant) error {
	o := &t.Source
	if t.Kind != Load || len(c.steps) > 0 || o.Type != dtype.F32 || o.Buffer < 0 || o.Buffer >= len(c.buffers) {
		return fmt.Errorf("buffer %d has no float32 of a tile that a chain begins with", o.Buffer)
	}
	c.tile = o.Buffer
	return c.changes(t, use)
}

// changes adds the steps of an operand.
func (c *Chain) changes(t *step, use func(Primitive) *Variant) error {
	for _, st := range t.Source.Steps {
		u, err := c.choose(st, use)
		if err != nil {
			return err
		}
		if !u.isUnary() {
			return errors.New("a step of an operand reads other elements, or stores")
		}
		t.then = append(t.then, u)
	}
	return nil
}

// row notes an operand that has a value for each row.
func (c *Chain) row(o *Source) error {
	switch {
	case o.Buffer < 0 || o.Buffer >= len(c.buffers):
		return fmt.Errorf("got buffer %d, want one of %d", o.Buffer, len(c.buffers))
	case o.Row < 0 || o.Type != dtype.None && o.Type != dtype.F32 || len(o.Steps) > 0 || c.buffers[o.Buffer] != 0 ||
		c.rows[o.Buffer] != 0 && c.rows[o.Buffer] != o.Row:
		return fmt.Errorf("buffer %d has no float32 for each row of %d elements", o.Buffer, o.Row)
	}
	c.rows[o.Buffer] = o.Row
	return nil
}

// isUnary reports whether the step changes the current values and reads no other elements.
func (s *step) isUnary() bool {
	switch s.Kind {
	case Combine, CombineSwapped:
		return s.table != nil || s.Source.Row != 0
	case Limit, DropNaN, RoundAway, Apply:
		return true
	}
	return false
}

// Scratch is how many bytes of scratch one call of Run needs.
const Scratch = chainScratch + estimateScratch

// numbersSize is how many bytes of scratch, behind those for values and operands, are for Numbers.
const (
	numbersSize  = 40
	chainScratch = 3*4*Block + numbersSize
)

// Run takes elements [i0,i1) through the chain. Calls for ranges that do not overlap may run at the same time, each
// with its own scratch. A step must not load elements that an earlier step has stored, except at the same position.
// Run panics if a buffer is missing or too short.
func (c *Chain) Run(buffers [][]byte, scratch []byte, i0, i1 int) {
	if err := c.check(buffers, i0, i1); err != nil {
		panic("elementwise: " + err.Error())
	}
	if c.estimate != nil {
		c.estimate.run(c, buffers, scratch, i0, i1)
		return
	}
	c.runSteps(buffers, scratch, i0, i1)
}

// runSteps takes elements [i0,i1) through the steps.
func (c *Chain) runSteps(buffers [][]byte, scratch []byte, i0, i1 int) {
	values, other := scratch[:4*Block], scratch[4*Block:chainScratch] // other has room for an operand, and for its operand
	for at := i0; at < i1; at += Block {
		c.block(values, other, buffers, at, min(Block, i1-at))
	}
}

// block takes n <= Block elements, starting at element at, through the steps and returns their values.
func (c *Chain) block(values, other []byte, buffers [][]byte, at, n int) []byte {
	current := values[:4*n]
	for k := range c.steps {
		current = c.step(k, current, values, other, buffers, at, n)
	}
	return current
}

// Values is Run for at most Block elements. It returns the values behind the last step, which are in scratch or in a
// buffer.
func (c *Chain) Values(buffers [][]byte, scratch []byte, i0, i1 int) []byte {
	err := c.check(buffers, i0, i1)
	if err == nil && i1-i0 > Block {
		err = fmt.Errorf("got %d elements, want at most %d", i1-i0, Block)
	}
	if err != nil {
		panic("elementwise: " + err.Error())
	}
	return c.block(scratch[:4*Block], scratch[4*Block:chainScratch], buffers, i0, i1-i0)
}

// step takes n elements, starting at element at, through step k and returns the memory that holds their values.
func (c *Chain) step(k int, current, values, other []byte, buffers [][]byte, at, n int) []byte {
	s := &c.steps[k]
	switch s.Kind {
	case StoreQuantized:
		if s.by.run != nil {
			s.by.run.Run(buffers[s.Buffer][at:], current, nil, n, &s.by.numbers)
			return current
		}
		v := s.changed(current, other[:4*Block], other[4*Block:], buffers, at, n)
		s.run.Run(buffers[s.Buffer][at:], v, nil, n, &s.Numbers)
		return current
	case StoreConverted:
		_, size := s.Primitive.sizes()
		s.run.Run(buffers[s.Buffer][size*at:], current, nil, n, nil)
		return current
	case StoreF32:
		to := buffers[s.Buffer][4*at : 4*(at+n)]
		copy(to, current) // onto itself if the step before has already stored there
		return to
	}
	// If the next step stores the values, they are computed in place, in the buffer.
	to := values[:4*n]
	if k+1 < len(c.steps) && c.steps[k+1].Kind == StoreF32 {
		to = buffers[c.steps[k+1].Buffer][4*at : 4*(at+n)]
	}
	if s.Kind == Load {
		return s.load(to, other, buffers, at, n)
	}
	if s.by.run != nil {
		s.applyBy(to, current, other, buffers, at, n)
		return to
	}
	var operand []byte
	if s.Kind == Combine || s.Kind == CombineSwapped {
		operand = s.load(other[:4*Block], other[4*Block:], buffers, at, n)
	}
	s.apply(to, current, operand, n)
	return to
}

// apply changes n values, of which it makes those in to.
func (s *step) apply(to, current, operand []byte, n int) {
	switch s.Kind {
	case Combine:
		s.run.Run(to, current, operand, n, &s.Numbers)
	case CombineSwapped:
		s.run.Run(to, operand, current, n, nil)
	default:
		s.run.Run(to, current, nil, n, &s.Numbers)
	}
}

// load returns n values of the operand, starting at element at. They are in to if they had to be computed.
func (s *step) load(to, other []byte, buffers [][]byte, at, n int) []byte {
	return s.changed(s.values(to, buffers, at, n), to, other, buffers, at, n)
}

// changed returns n values as the steps of the operand change them. They are in to if there are any.
func (s *step) changed(v, to, other []byte, buffers [][]byte, at, n int) []byte {
	for i := range s.then {
		t := &s.then[i]
		var operand []byte
		switch {
		case t.by.run != nil:
			t.applyBy(to, v, other, buffers, at, n)
			v = to[:4*n]
			continue
		case t.Kind == Combine || t.Kind == CombineSwapped:
			operand = t.values(other, buffers, at, n)
		}
		t.apply(to, v, operand, n)
		v = to[:4*n]
	}
	return v
}

// values returns n values of the operand before its steps. They are in to if they had to be converted.
func (s *step) values(to []byte, buffers [][]byte, at, n int) []byte {
	switch o := &s.Source; {
	case o.Row != 0:
		repeatRows(to[:4*n], s.rows(buffers), at, o.Row)
		return to[:4*n]
	case s.table != nil:
		return s.table[at%len(o.Values)*4:][:s.Numbers.Second+4*n]
	case o.Tile:
		return buffers[o.Buffer][:4*n]
	case o.Type == dtype.F32:
		return buffers[o.Buffer][4*at : 4*(at+n)]
	default:
		s.convert.Run(to, buffers[o.Buffer][at*o.Type.Size():], nil, n, &s.numbers)
		return to[:4*n]
	}
}

// rows returns the values of an operand that has one for each row. If there are more rows, they begin again.
func (s *step) rows(buffers [][]byte) []byte {
	if s.table != nil {
		return s.table
	}
	return buffers[s.Source.Buffer]
}

// repeatRows fills to, whose first element is number at, with the value of each element's row.
func repeatRows(to, values []byte, at, row int) {
	for len(to) > 0 {
		n := 4 * min(row-at%row, len(to)/4)
		v := binary.NativeEndian.Uint32(values[at/row*4%len(values):])
		few := to[:n]
		for two := uint64(v)<<32 | uint64(v); len(few) >= 32; few = few[32:] {
			binary.NativeEndian.PutUint64(few, two)
			binary.NativeEndian.PutUint64(few[8:], two)
			binary.NativeEndian.PutUint64(few[16:], two)
			binary.NativeEndian.PutUint64(few[24:], two)
		}
		for ; len(few) >= 4; few = few[4:] {
			binary.NativeEndian.PutUint32(few, v)
		}
		to, at = to[n:], at+n/4
	}
}

// check verifies that buffers have elements [i0,i1).
func (c *Chain) check(buffers [][]byte, i0, i1 int) error {
	if len(buffers) < len(c.buffers) {
		return fmt.Errorf("got %d buffers, want %d", len(buffers), len(c.buffers))
	}
	if i0 < 0 || i1 > math.MaxInt32 {
		return fmt.Errorf("got elements %d to %d, want some of 0 to %d", i0, i1, math.MaxInt32)
	}
	if c.tile >= 0 && (i1-i0 > Block || len(buffers[c.tile]) < 4*(i1-i0)) {
		return fmt.Errorf("buffer %d: got %d bytes, want %d elements of 4, and at most %d elements",
			c.tile, len(buffers[c.tile]), i1-i0, Block)
	}
	for i, size := range c.buffers {
		if len(buffers[i]) < i1*size {
			return fmt.Errorf("buffer %d: got %d bytes, want %d elements of %d", i, len(buffers[i]), i1, size)
		}
		if row := c.rows[i]; row != 0 && len(buffers[i]) < (i1+row-1)/row*4 {
			return fmt.Errorf("buffer %d: got %d bytes, want a float32 for each row of %d of %d elements",
				i, len(buffers[i]), row, i1)
		}
	}
	return nil
}
