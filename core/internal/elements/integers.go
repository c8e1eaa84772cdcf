package elements

import "github.com/tf2ng/tf2ng/core"

// MapInts stores f of each integer of x in y.
func MapInts(x, y *core.Tensor, f func(int64) int64) {
	switch x.Type() {
	case core.I8:
		mapFrom(core.Data[int8](x), y, f)
	case core.U8:
		mapFrom(core.Data[uint8](x), y, f)
	case core.I32:
		mapFrom(core.Data[int32](x), y, f)
	default:
		mapFrom(x.Int64s(), y, f)
	}
}

func mapFrom[From int8 | uint8 | int32 | int64](v []From, y *core.Tensor, f func(int64) int64) {
	switch y.Type() {
	case core.I8:
		mapTo(v, core.Data[int8](y), f)
	case core.U8:
		mapTo(v, core.Data[uint8](y), f)
	case core.I32:
		mapTo(v, core.Data[int32](y), f)
	default:
		d := make([]int64, len(v))
		mapTo(v, d, f)
		SetInts(y, d)
	}
}

func mapTo[From, To int8 | uint8 | int32 | int64](v []From, d []To, f func(int64) int64) {
	d = d[:len(v)]
	for i, q := range v {
		d[i] = To(f(int64(q)))
	}
}

// IntSetter returns a function that stores values, which must fit, in an i8, u8 or i32 tensor.
func IntSetter(t *core.Tensor) func(i int, v int64) {
	switch t.Type() {
	case core.I8:
		d := core.Data[int8](t)
		return func(i int, v int64) { d[i] = int8(v) }
	case core.U8:
		d := core.Data[uint8](t)
		return func(i int, v int64) { d[i] = uint8(v) }
	case core.I32:
		d := core.Data[int32](t)
		return func(i int, v int64) { d[i] = int32(v) }
	}
	panic("elements: IntSetter of a tensor of " + t.Type().String())
}
