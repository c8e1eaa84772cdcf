package parsing

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[ParseExample]("ParseExample")

// ParseExample reads features of serialized tf.Examples. The values of a feature may become a sparse tensor, a dense
// one, or a ragged one.
//
//	Inputs:  serialized: string, [n], or [] for one example without an axis for n
//	         for each of Dense, its default: its type; Shape, or empty if the feature must be there, or one
//	         element, which fills up, if the first dimension of Shape is not known
//	Outputs: for each of Sparse: i64, [values, 2]: the example and the number in it of each value; of shape [values, 1]
//	         without n
//	         for each of Sparse: its type, [values]
//	         for each of Sparse: i64, [2]: n, and the most values of an example; of shape [1] without n
//	         for each of Dense: its type, [n, Shape...]; an unknown dimension is that of the most values
//	         for each of Ragged: its type, [values]
//	         for each of Ragged: SplitType, [n+1]: where the values of each example begin; of shape [0] without n
//
//	C1: serialized is a string, of rank 0 or 1
//	C2: features are f32, i64 or string, and SplitType is i32 or i64; each key occurs once
//	C3: Shape has a known rank, and known dimensions but for the first
//	C4: defaults have the types and shapes above
//	C5: each string is a tf.Example
//	C6: the feature of an example, if there, has the type
//	C7: a dense feature has as many values as Shape, or a multiple of what Shape has without its first dimension
//	C8: a dense feature without a default is there
//
// It is TensorFlow's ParseExample, ParseExampleV2 and ParseSingleExample.
type ParseExample struct {
	Sparse []SparseFeature `json:"sparse,omitempty"`
	Dense  []DenseFeature  `json:"dense,omitempty"`
	Ragged []RaggedFeature `json:"ragged,omitempty"`
}

// SparseFeature is a feature that becomes a sparse tensor.
type SparseFeature struct {
	Key  string    `json:"key"`
	Type core.Type `json:"type"`
}

// DenseFeature is a feature that becomes a dense tensor.
type DenseFeature struct {
	Key   string     `json:"key"`
	Type  core.Type  `json:"type"`
	Shape core.Shape `json:"shape"` // of an example
}

// RaggedFeature is a feature that becomes a ragged tensor.
type RaggedFeature struct {
	Key       string    `json:"key"`
	Type      core.Type `json:"type"`
	SplitType core.Type `json:"split_type"`
}

// varies reports whether examples may have different numbers of values.
func (f *DenseFeature) varies() bool { return len(f.Shape) > 0 && f.Shape[0] == core.Unknown }

// stride returns how many values one step along the first dimension has, if that is not known, or the whole.
func (f *DenseFeature) stride() int {
	if f.varies() {
		return f.Shape[1:].MustElements()
	}
	return f.Shape.MustElements()
}

// InputNames names the inputs.
func (op *ParseExample) InputNames() []string {
	names := []string{"serialized"}
	for _, f := range op.Dense {
		names = append(names, "default of "+f.Key)
	}
	return names
}

// Infer checks C1 to C4.
func (op *ParseExample) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 1+len(op.Dense)); err != nil {
		return nil, err
	}
	if t := in[0].Type; t != core.String && t != core.Dynamic || len(in[0].Shape) > 1 {
		return nil, core.Violation("C1", 0, "got %v, want string[n] or string[]", in[0].Fact)
	}
	if err := op.checkFeatures(); err != nil {
		return nil, err
	}
	for i, f := range op.Dense {
		if err := f.checkDefault(in, 1+i); err != nil {
			return nil, err
		}
	}
	return op.facts(in[0].Shape), nil
}

// checkFeatures checks C2 and C3.
func (op *ParseExample) checkFeatures() error {
	keys := map[string]bool{}
	check := func(key string, t core.Type) error {
		if t != core.F32 && t != core.I64 && t != core.String {
			return core.Violation("C2", -1, "feature %q: got %v, want f32, i64 or string", key, t)
		}
		if keys[key] {
			return core.Violation("C2", -1, "feature %q: is there twice", key)
		}
		keys[key] = true
		return nil
	}
	for _, f := range op.Sparse {
		if err := check(f.Key, f.Type); err != nil {
			return err
		}
	}
	for _, f := range op.Ragged {
		if err := check(f.Key, f.Type); err != nil {
			return err
		}
		if f.SplitType != core.I32 && f.SplitType != core.I64 {
			return core.Violation("C2", -1, "feature %q: got splits of %v, want i32 or i64", f.Key, f.SplitType)
		}
	}
	for _, f := range op.Dense {
		if err := check(f.Key, f.Type); err != nil {
			return err
		}
		known := f.Shape.Clone()
		if f.varies() {
			known[0] = 1
		}
		if _, err := known.Elements(); err != nil || !known.Static() {
			return core.Violation("C3", -1, "feature %q: got shape %v, want one that is known but for its first dimension",
				f.Key, f.Shape)
		}
	}
	return nil
}

// checkDefault checks C4 for input i.
func (f *DenseFeature) checkDefault(in []core.Operand, i int) error {
	o := in[i]
	ok := o.Shape.Compatible(f.Shape) || isEmpty(o.Shape)
	if f.varies() {
		n, err := o.Shape.Elements()
		ok = !o.Shape.Static() || err == nil && n == 1
	}
	if !o.Type.Compatible(f.Type) || !ok {
		return core.Violation("C4", i, "got %v, want %v, an empty one if the feature must be there, or one element where "+
			"the first dimension is not known", o.Fact, core.Fact{Type: f.Type, Shape: f.Shape})
	}
	return nil
}

// isEmpty reports whether a shape has no elements.
func isEmpty(s core.Shape) bool { return slices.Contains(s, 0) }

// facts returns what is known of the outputs for the shape of serialized.
func (op *ParseExample) facts(s core.Shape) []core.Fact {
	var facts []core.Fact
	add := func(t core.Type, s core.Shape) { facts = append(facts, core.Fact{Type: t, Shape: s}) }
	axes, splits := core.Unknown, core.Unknown
	switch {
	case s.Ranked() && len(s) == 0:
		axes, splits = 1, 0
	case s.Ranked():
		axes = 2
		if s[0] != core.Unknown {
			splits = s[0] + 1
		}
	}
	for range op.Sparse {
		add(core.I64, core.Shape{core.Unknown, axes})
	}
	for _, f := range op.Sparse {
		add(f.Type, core.Shape{core.Unknown})
	}
	for range op.Sparse {
		add(core.I64, core.Shape{axes})
	}
	for _, f := range op.Dense {
		if s.Ranked() {
			add(f.Type, slices.Concat(core.Shape{}, s, f.Shape))
		} else {
			add(f.Type, nil)
		}
	}
	for _, f := range op.Ragged {
		add(f.Type, core.Shape{core.Unknown})
	}
	for _, f := range op.Ragged {
		add(f.SplitType, core.Shape{splits})
	}
	return facts
}

// Eval reads the examples and checks C5 to C8.
func (op *ParseExample) Eval(in, out []*core.Tensor) error {
	if _, err := op.Infer(core.OperandsOf(in)); err != nil {
		return err
	}
	columns := op.columns()
	r := reader{places: map[string]int{}, found: make([]feature, len(columns))}
	for k, c := range columns {
		r.places[c.key] = k
	}
	for i, text := range in[0].Strings() {
		err := r.read([]byte(text))
		if err != nil {
			return core.Violation("C5", 0, "example %d: %v: want a serialized tf.Example", i, err)
		}
		for k, f := range r.found {
			if d := k - len(op.Sparse); d >= 0 && d < len(op.Dense) {
				err = op.Dense[d].add(&columns[k], i, f, in[1+d])
			} else {
				err = columns[k].addFeature(i, f)
			}
			if err != nil {
				return err
			}
		}
	}
	return op.store(columns, in, out)
}

// columns returns an empty column for each feature: those of Sparse, of Dense and of Ragged.
func (op *ParseExample) columns() []column {
	var list []column
	for _, f := range op.Sparse {
		list = append(list, column{key: f.Key, typ: f.Type})
	}
	for _, f := range op.Dense {
		list = append(list, column{key: f.Key, typ: f.Type})
	}
	for _, f := range op.Ragged {
		list = append(list, column{key: f.Key, typ: f.Type})
	}
	return list
}

// addFeature adds the values of a feature of example i, if it has any.
func (c *column) addFeature(i int, f feature) error {
	if f.typ != core.Dynamic && f.typ != c.typ {
		return core.Violation("C6", 0, "example %d: feature %q: got values of %v, want %v", i, c.key, f.typ, c.typ)
	}
	if err := c.add(f); err != nil {
		return core.Violation("C5", 0, "example %d: feature %q: %v: want a serialized tf.Example", i, c.key, err)
	}
	return nil
}

// add adds the values of a dense feature of example i, or its default.
func (f *DenseFeature) add(c *column, i int, values feature, otherwise *core.Tensor) error {
	if values.typ == core.Dynamic && !f.varies() {
		if otherwise.Len() == 0 && f.stride() != 0 {
			return core.Violation("C8", 0, "example %d: feature %q (%v) is not there, and has no default", i, f.Key, f.Type)
		}
		c.addDefault(otherwise)
		return nil
	}
	if err := c.addFeature(i, values); err != nil {
		return err
	}
	n, stride := c.counts[i], f.stride()
	if !f.varies() && n != stride || f.varies() && (stride == 0 && n != 0 || stride != 0 && n%stride != 0) {
		return core.Violation("C7", 0, "example %d: feature %q: got %d values, want %v", i, f.Key, n, f.Shape)
	}
	return nil
}

// store stores the outputs.
func (op *ParseExample) store(columns []column, in, out []*core.Tensor) error {
	batch, sparse, dense, ragged := in[0].Shape(), len(op.Sparse), len(op.Dense), len(op.Ragged)
	facts := op.facts(batch)
	for k := range columns[:sparse] {
		facts[k].Shape[0], facts[sparse+k].Shape[0] = columns[k].len(), columns[k].len()
	}
	for k := range op.Dense {
		if f := &op.Dense[k]; f.varies() {
			facts[3*sparse+k].Shape[len(batch)] = columns[sparse+k].most() / max(f.stride(), 1)
		}
	}
	for k := range op.Ragged {
		facts[3*sparse+dense+k].Shape[0] = columns[sparse+dense+k].len()
	}
	for i, f := range facts {
		if out[i] != nil {
			continue
		}
		var err error
		if out[i], err = core.BoundedTensor(op, f); err != nil {
			return err
		}
	}
	for k := range op.Sparse {
		c := &columns[k]
		elements.SetInts(out[k], c.indices(len(batch) == 1))
		c.store(out[sparse+k], nil)
		elements.SetInts(out[2*sparse+k], c.size(batch))
	}
	for k := range op.Dense {
		var padding *core.Tensor
		if op.Dense[k].varies() {
			padding = in[1+k]
		}
		columns[sparse+k].store(out[3*sparse+k], padding)
	}
	for k := range op.Ragged {
		c := &columns[sparse+dense+k]
		c.store(out[3*sparse+dense+k], nil)
		if len(batch) == 1 {
			elements.SetInts(out[3*sparse+dense+ragged+k], c.splits())
		}
	}
	return nil
}

// most returns how many values an example has at most.
func (c *column) most() int { return slices.Max(append(c.counts, 0)) }

// size returns the shape of the dense tensor that has all values: that of serialized, and the most values.
func (c *column) size(serialized core.Shape) []int64 {
	if len(serialized) == 0 {
		return []int64{int64(c.most())}
	}
	return []int64{int64(serialized[0]), int64(c.most())}
}

// indices returns the number of each value in its example, behind that of the example if wanted.
func (c *column) indices(examples bool) []int64 {
	var list []int64
	for i, n := range c.counts {
		for k := range n {
			if examples {
				list = append(list, int64(i))
			}
			list = append(list, int64(k))
		}
	}
	return list
}

// splits returns where the values of each example begin, and where those of the last end.
func (c *column) splits() []int64 {
	list := []int64{0}
	for _, n := range c.counts {
		list = append(list, list[len(list)-1]+int64(n))
	}
	return list
}
