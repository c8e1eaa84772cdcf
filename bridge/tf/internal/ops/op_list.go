package ops

import (
	"slices"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/op/control"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/op/reduce"
)

// Lists of tensors. The state of a TensorList is in its handle, that of a TensorArray in its flow. Here a list is one
// tensor whose rows are the elements.
var _ = register("list",
	op{
		name:      "TensorListReserve",
		signature: "element_shape:shape_type num_elements:int32 -> handle:variant",
		translate: reserveList,
	},
	op{
		name:      "EmptyTensorList",
		signature: "element_shape:shape_type max_num_elements:int32 -> handle:variant",
		translate: emptyList,
	},
	op{
		name:      "TensorListFromTensor",
		signature: "tensor:element_dtype element_shape:shape_type -> output_handle:variant",
		translate: listFromTensor,
	},
	op{
		name:      "TensorListStack",
		signature: "input_handle:variant element_shape:int32 -> tensor:element_dtype",
		translate: stackList,
	},
	op{
		name:      "TensorListGetItem",
		signature: "input_handle:variant index:int32 element_shape:int32 -> item:element_dtype",
		translate: listItem,
	},
	op{
		name:      "TensorListSetItem",
		signature: "input_handle:variant index:int32 item:element_dtype -> output_handle:variant",
		translate: setListItem,
	},
	op{
		name:      "TensorListPushBack",
		signature: "input_handle:variant tensor:element_dtype -> output_handle:variant",
		translate: pushBack,
	},
	op{
		name:      "TensorListPopBack",
		signature: "input_handle:variant element_shape:int32 -> output_handle:variant tensor:element_dtype",
		translate: popBack,
	},
	op{name: "TensorListLength", signature: "input_handle:variant -> length:int32", translate: listLength},
	op{
		name:      "TensorListGather",
		signature: "input_handle:variant indices:int32 element_shape:int32 -> values:element_dtype",
		translate: listItem,
	},
	op{
		name:      "TensorListConcatV2",
		signature: "input_handle:variant element_shape:shape_type leading_dims:int64 -> tensor:element_dtype lengths:int64",
		translate: concatList,
	},
	op{
		name:      "TensorListScatterV2",
		signature: "tensor:element_dtype indices:int32 element_shape:shape_type num_elements:int32 -> output_handle:variant",
		translate: scatterList,
	},
	op{
		name:      "TensorListScatterIntoExistingList",
		signature: "input_handle:variant tensor:element_dtype indices:int32 -> output_handle:variant",
		translate: scatterInto,
	},
	op{
		name:      "TensorListSplit",
		signature: "tensor:element_dtype element_shape:shape_type lengths:int64 -> output_handle:variant",
		translate: splitList,
	},
	op{
		name:      "TensorListElementShape",
		signature: "input_handle:variant -> element_shape:shape_type",
		translate: listElementShape,
	},
	op{
		name:      "TensorListResize",
		signature: "input_handle:variant size:int32 -> output_handle:variant",
		translate: resizeList,
	},
	op{name: "TensorArrayV3", signature: "size:int32 -> handle:resource flow:float", translate: tensorArray, flow: true},
	op{
		name:      "TensorArrayReadV3",
		signature: "handle:resource index:int32 flow_in:float -> value:dtype",
		translate: readArray,
	},
	op{
		name:      "TensorArrayGatherV3",
		signature: "handle:resource indices:int32 flow_in:float -> value:dtype",
		translate: readArray,
	},
	op{
		name:      "TensorArrayWriteV3",
		signature: "handle:resource index:int32 value:T flow_in:float -> flow_out:float",
		translate: writeArray,
		flow:      true,
	},
	op{
		name:      "TensorArrayScatterV3",
		signature: "handle:resource indices:int32 value:T flow_in:float -> flow_out:float",
		translate: scatterArray,
		flow:      true,
	},
	op{
		name:      "TensorArrayConcatV3",
		signature: "handle:resource flow_in:float -> value:dtype lengths:int64",
		translate: concatArray,
	},
	op{
		name:      "TensorArraySplitV3",
		signature: "handle:resource value:T lengths:int64 flow_in:float -> flow_out:float",
		translate: splitArray,
		flow:      true,
	},
	op{name: "TensorArraySizeV3", signature: "handle:resource flow_in:float -> size:int32", translate: arraySize},
	op{name: "TensorArrayCloseV3", signature: "handle:resource ->", translate: nothing},
)

// IsUnset reports whether a value is a list of which no element has been set, and the shape of the elements is not
// known. Only ops that set elements can read it, and loops that start with it.
func IsUnset(v core.Value) bool {
	if v.Node == nil {
		return false
	}
	l, ok := v.Node.Op().(*control.List)
	return ok && len(v.Node.Inputs()) == 1 && !l.Element.Static()
}

// asList records that values represent lists.
func (c *call) asList(values []core.Value) []core.Value {
	for _, v := range values {
		c.lists[v] = true
	}
	return values
}

// vector returns a constant of integers.
func (c *call) vector(role string, values ...int64) core.Value {
	t, err := core.TensorOf(core.Shape{len(values)}, values)
	return c.literal(role, t, err)
}

// elements returns the named input, a list whose elements have a known shape.
func (c *call) elements(name string) core.Value {
	v := c.value(name)
	if IsUnset(v) {
		c.failInput(c.index(name), "is a list none of whose elements has been set, and their shape is not known")
	}
	return v
}

// elementShape returns a shape that is given as an input, with -1 for unknown dimensions. A scalar means that nothing
// is known, and so does a shape that is computed.
func (c *call) elementShape(name string) core.Shape {
	t := c.value(name).Folded()
	if t == nil || len(t.Shape()) != 1 || !t.Type().IsInteger() {
		return nil
	}
	s := core.Shape{}
	for _, d := range t.Int64s() {
		s = append(s, max(int(d), core.Unknown))
	}
	return s
}

func reserveList(c *call) []core.Value {
	l := &control.List{Type: c.typ("element_dtype", core.Dynamic), Element: c.elementShape("element_shape")}
	return c.asList(c.emit(l, c.value("num_elements")))
}

func emptyList(c *call) []core.Value {
	l := &control.List{Type: c.typ("element_dtype", core.Dynamic), Element: c.elementShape("element_shape")}
	return c.asList(c.emit(l, c.literal("count", core.Scalar(int32(0)), nil)))
}

// listFromTensor passes the tensor on: its rows are the elements.
func listFromTensor(c *call) []core.Value { return c.asList(c.in[:1:1]) }

func stackList(c *call) []core.Value {
	rows := core.Unknown
	if n := c.intOr("num_elements", -1); n >= 0 {
		rows = int(min(n, core.MaxElements))
	}
	return c.withElements(c.elements("input_handle"), core.Shape{rows})
}

// withElements emits a tensor with the given leading dimensions, followed by element_shape.
func (c *call) withElements(v core.Value, before core.Shape) []core.Value {
	s := c.elementShape("element_shape")
	if s == nil {
		return []core.Value{v}
	}
	return c.emit(&array.EnsureShape{Shape: append(before.Clone(), s...)}, v)
}

// listItem reads the element at an index, or those at a vector of indices.
func listItem(c *call) []core.Value {
	indices := c.in[1]
	item := c.helper("item", &indexing.Gather{}, c.elements("input_handle"), indices)
	if !indices.Shape().Ranked() {
		return []core.Value{item}
	}
	var before core.Shape
	for range indices.Shape() {
		before = append(before, core.Unknown)
	}
	return c.withElements(item, before)
}

// withElement returns a list whose elements have a known shape: that of the given element, if it was not known.
func (c *call) withElement(list, element core.Value) core.Value {
	if !IsUnset(list) {
		return list
	}
	return c.helper("list", list.Node.Op(), list.Node.Inputs()[0], element)
}

// setItem emits a list with one element set.
func (c *call) setItem(list, index, item core.Value, grows bool) []core.Value {
	return c.asList(c.emit(&control.SetRow{Grows: grows}, c.withElement(list, item), index, item))
}

func setListItem(c *call) []core.Value {
	grows := c.boolOr("resize_if_index_out_of_bounds", false)
	return c.setItem(c.value("input_handle"), c.value("index"), c.value("item"), grows)
}

func pushBack(c *call) []core.Value {
	item := c.value("tensor")
	list := c.withElement(c.value("input_handle"), item)
	row := c.helper("row", &array.ExpandDims{Axes: []int{0}}, item)
	return c.asList(c.emit(&array.Concat{}, list, row))
}

// popBack removes the last element.
func popBack(c *call) []core.Value {
	list := c.elements("input_handle")
	last := c.helper("last", &pointwise.Subtract{}, c.rows(list), c.literal("one", core.Scalar(int32(1)), nil))
	item := c.helper("item", &indexing.Gather{}, list, last)
	zero := c.literal("zero", core.Scalar(int32(0)), nil)
	one := c.literal("step", core.Scalar(int32(1)), nil)
	all := c.helper("rest", &array.Range{}, zero, last, one)
	rest := c.asList(c.emit(&indexing.Gather{}, list, all))
	if c.err != nil {
		return nil
	}
	return []core.Value{rest[0], item}
}

// rows returns how many elements a list has.
func (c *call) rows(list core.Value) core.Value {
	if IsUnset(list) {
		return list.Node.Inputs()[0]
	}
	shape := c.helper("shape", &core.ShapeOf{Type: core.I32}, list)
	return c.helper("rows", &indexing.Gather{}, shape, c.literal("first", core.Scalar(int32(0)), nil))
}

func listLength(c *call) []core.Value { return []core.Value{c.rows(c.value("input_handle"))} }

func concatList(c *call) []core.Value { return c.joined(c.elements("input_handle")) }

// joined concatenates the elements of a list along their first axis.
func (c *call) joined(list core.Value) []core.Value {
	shape := c.helper("shape", &core.ShapeOf{Type: core.I64}, list)
	at := func(role string, from, to int64) core.Value {
		return c.helper(role, &indexing.Gather{}, shape, c.vector(role+"_indices", counting(from, to)...))
	}
	if s := list.Shape(); len(s) < 2 {
		c.fail("got a list of shape %v, want elements with one axis at least, of known rank", s)
		return nil
	}
	rank := int64(len(list.Shape()))
	target := c.helper("target", &array.Concat{}, c.vector("all", -1), at("rest", 2, rank))
	joined := c.emit(&array.Reshape{}, list, target)
	lengths := c.helper("lengths", &array.BroadcastTo{}, at("length", 1, 2), at("count", 0, 1))
	if c.err != nil {
		return nil
	}
	return []core.Value{joined[0], lengths}
}

// counting returns the integers from the first argument up to, but not including, the second.
func counting(from, to int64) []int64 {
	var list []int64
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

// scatterList creates a list of num_elements elements, or as many as the largest index needs, with some elements set.
func scatterList(c *call) []core.Value {
	value, indices, count := c.value("tensor"), c.value("indices"), c.value("num_elements")
	if t := count.Folded(); t == nil || slices.ContainsFunc(t.Int64s(), func(n int64) bool { return n < 0 }) {
		largest := c.helper("largest", &reduce.Max{Reduction: reduce.Reduction{Axes: []int{0}}}, indices)
		needed := c.helper("needed", &pointwise.Add{}, largest, c.literal("one", core.Scalar(int32(1)), nil))
		count = c.helper("elements", &pointwise.Maximum{}, count, needed)
	}
	return c.scatter(c.zeroList(value.Type(), count, c.elementShapeOf(value)), indices, value)
}

func scatterInto(c *call) []core.Value {
	list, value := c.value("input_handle"), c.value("tensor")
	return c.scatter(c.zeroed(list, value), c.value("indices"), value)
}

func splitList(c *call) []core.Value { return c.split("tensor") }

func listElementShape(c *call) []core.Value {
	list := c.value("input_handle")
	if l, ok := list.Node.Op().(*control.List); ok && IsUnset(list) {
		known := core.Scalar(int64(-1))
		if l.Element != nil {
			shape := make([]int64, len(l.Element))
			for i, d := range l.Element {
				shape[i] = int64(d)
			}
			var err error
			known, err = core.TensorOf(core.Shape{len(shape)}, shape)
			c.keep(err)
		}
		return c.emit(&pointwise.Convert{Type: c.typ("shape_type", core.Dynamic)}, c.literal("known", known, nil))
	}
	return c.emit(&pointwise.Convert{Type: c.typ("shape_type", core.Dynamic)}, c.elementShapeOf(list))
}

// resizeList drops elements at the end, or adds zeros.
func resizeList(c *call) []core.Value {
	list, size := c.value("input_handle"), c.value("size")
	if IsUnset(list) {
		return c.asList(c.emit(list.Node.Op(), size))
	}
	element := c.elementShapeOf(list)
	longer := c.helper("longer", &array.Concat{}, list, c.zeroList(list.Type(), size, element))
	first := c.helper("first", &array.ExpandDims{Axes: []int{0}}, size)
	target := c.helper("target", &array.Concat{}, first, element)
	begin := c.helper("begin", &array.BroadcastTo{}, c.literal("zero_begin", core.Scalar(int32(0)), nil),
		c.helper("rank", &core.ShapeOf{Type: core.I32}, target))
	return c.asList(c.emit(&indexing.Slice{}, longer, begin, target))
}

// tensorArray returns the list as the flow, and whether it grows as the handle.
func tensorArray(c *call) []core.Value {
	shape, err := c.node.ShapeOr("element_shape", graphdef.Shape{UnknownRank: true})
	c.keep(err)
	l := &control.List{
		Type: c.typ("dtype", core.Dynamic), Element: opdef.ShapeOf(shape), Grows: c.boolOr("dynamic_size", false),
	}
	handle := c.literal("grows", core.Scalar(l.Grows), nil)
	flow := c.asList(c.emit(l, c.value("size")))
	if c.err != nil {
		return nil
	}
	c.lists[handle] = true
	return []core.Value{handle, flow[0]}
}

func readArray(c *call) []core.Value {
	return c.emit(&indexing.Gather{}, c.elements("flow_in"), c.in[1])
}

// grows reports whether elements may be added after the last one of the handle's array.
func (c *call) grows() bool {
	t := c.value("handle").Constant()
	if t == nil || t.Type() != core.Bool || t.Len() != 1 {
		c.failInput(0, "is not the handle of a TensorArrayV3")
		return false
	}
	return core.Data[bool](t)[0]
}

func writeArray(c *call) []core.Value {
	return c.setItem(c.value("flow_in"), c.value("index"), c.value("value"), c.grows())
}

// scatterArray sets the elements at indices. If no element of the array has been set, and the indices count from 0 to
// its length, the result is simply the new elements.
func scatterArray(c *call) []core.Value {
	flow, indices, value := c.value("flow_in"), c.value("indices"), c.value("value")
	if c.err != nil {
		return nil
	}
	if l, ok := flow.Node.Op().(*control.List); ok && c.counts(indices, flow, l.Grows) {
		s := core.Shape(nil)
		if at := indices.Shape(); len(at) == 1 && value.Shape().Ranked() && len(value.Shape()) > 0 {
			s = value.Shape().Clone()
			s[0] = at[0]
		}
		return c.asList(c.emit(&array.EnsureShape{Shape: s}, value))
	}
	return c.scatter(c.zeroed(flow, value), indices, value)
}

// zeroed returns a list with elements: zeros with the shape of a value's rows, if none has been set.
func (c *call) zeroed(list, value core.Value) core.Value {
	l, ok := list.Node.Op().(*control.List)
	if !ok || !IsUnset(list) {
		return list
	}
	return c.zeroList(l.Type, list.Node.Inputs()[0], c.elementShapeOf(value))
}

// scatter emits a list with some elements set.
func (c *call) scatter(list, indices, value core.Value) []core.Value {
	at := c.helper("at", &array.ExpandDims{Axes: []int{-1}}, indices)
	return c.asList(c.emit(&indexing.ScatterND{Mode: indexing.ScatterUpdate}, list, at, value))
}

// elementShapeOf returns the shape of a tensor without its first dimension.
func (c *call) elementShapeOf(list core.Value) core.Value {
	shape := c.helper("whole_shape", &core.ShapeOf{Type: core.I32}, list)
	return c.helper("element", &indexing.Slice{}, shape, c.vector("second", 1), c.vector("others", -1))
}

// zeroList returns a list of zeros with a number of elements of a shape.
func (c *call) zeroList(t core.Type, count, element core.Value) core.Value {
	if c.err != nil {
		return core.Value{}
	}
	zero, err := core.NewTensor(t, core.Shape{})
	count = c.helper("count32", &pointwise.Convert{Type: core.I32}, count)
	first := c.helper("count", &array.ExpandDims{Axes: []int{0}}, count)
	shape := c.helper("list_shape", &array.Concat{}, first, element)
	return c.helper("zeros", &array.BroadcastTo{}, c.literal("zero", zero, err), shape)
}

// counts reports whether indices are 0, 1, ..., one for each element of a list or, if it grows, at least one for
// each.
func (c *call) counts(indices, list core.Value, grows bool) bool {
	size := list.Node.Inputs()[0]
	n := size.Folded()
	if r := indices.Node; isRange(r) && r.Inputs()[1] == size || isRange(r) && grows && n != nil && n.Int64s()[0] == 0 {
		return true
	}
	t := indices.Folded()
	if t == nil || n == nil {
		return false
	}
	for i, v := range t.Int64s() {
		if v != int64(i) {
			return false
		}
	}
	want := n.Int64s()[0]
	return want == int64(t.Len()) || grows && want < int64(t.Len())
}

// isRange reports whether a node counts from 0 in steps of 1.
func isRange(n *core.Node) bool {
	if _, ok := n.Op().(*array.Range); !ok {
		return false
	}
	is := func(v core.Value, want int64) bool {
		t := v.Folded()
		return t != nil && t.Type().IsInteger() && t.Int64s()[0] == want
	}
	return is(n.Inputs()[0], 0) && is(n.Inputs()[2], 1)
}

func concatArray(c *call) []core.Value { return c.joined(c.elements("flow_in")) }

func splitArray(c *call) []core.Value { return c.split("value") }

// split creates a list from parts of a tensor, which must have the same length.
func (c *call) split(name string) []core.Value {
	value, lengths := c.value(name), c.value("lengths")
	if t := lengths.Folded(); t != nil && t.Len() > 0 && slices.Min(t.Int64s()) != slices.Max(t.Int64s()) {
		c.failInput(c.index("lengths"), "got %v, want one length: the elements of a list have one shape", t.Int64s())
		return nil
	}
	all := reduce.Reduction{Axes: []int{0}}
	longest := c.helper("longest", &reduce.Max{Reduction: all}, lengths)
	shortest := c.helper("shortest", &reduce.Min{Reduction: all}, lengths)
	even := c.helper("even", &pointwise.Compare{Relation: pointwise.Equal}, longest, shortest)
	value = c.helper("checked", &pointwise.Assert{Message: "elements of a list have one shape"}, value, even)
	count := c.helper("count", &core.ShapeOf{Type: core.I32}, lengths)
	length := c.helper("length", &array.ExpandDims{Axes: []int{0}},
		c.helper("length32", &pointwise.Convert{Type: core.I32}, longest))
	target := c.helper("target", &array.Concat{}, count, length, c.elementShapeOf(value))
	return c.asList(c.emit(&array.Reshape{}, value, target))
}

func arraySize(c *call) []core.Value { return []core.Value{c.rows(c.value("flow_in"))} }
