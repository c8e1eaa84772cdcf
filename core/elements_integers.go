package core

// mapInts stores f of each integer of x in y.
func mapInts(x, y *Tensor, f func(int64) int64) {
	switch x.Type() {
	case I8:
		mapFrom(Data[int8](x), y, f)
	case U8:
		mapFrom(Data[uint8](x), y, f)
	case I32:
		mapFrom(Data[int32](x), y, f)
	default:
		mapFrom(x.Int64s(), y, f)
	}
}

func mapFrom[From int8 | uint8 | int32 | int64](v []From, y *Tensor, f func(int64) int64) {
	switch y.Type() {
	case I8:
		mapTo(v, Data[int8](y), f)
	case U8:
		mapTo(v, Data[uint8](y), f)
	case I32:
		mapTo(v, Data[int32](y), f)
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
func IntSetter(t *Tensor) func(i int, v int64) {
	switch t.Type() {
	case I8:
		d := Data[int8](t)
		return func(i int, v int64) { d[i] = int8(v) }
	case U8:
		d := Data[uint8](t)
		return func(i int, v int64) { d[i] = uint8(v) }
	case I32:
		d := Data[int32](t)
		return func(i int, v int64) { d[i] = int32(v) }
	}
	panic("elements: IntSetter of a tensor of " + t.Type().String())
}
