package onnx

import (
	"errors"

	"github.com/tf2ng/tf2ng/core"
)

// byteTable returns the results of a function of one byte for all 256 bytes, in unsigned order.
func byteTable(n *core.Node) (*core.Tensor, error) {
	in := []*core.Tensor{core.AllBytes(n.Inputs()[0].Type())}
	for _, v := range n.Inputs()[1:] {
		in = append(in, v.Constant())
	}
	out, err := core.EvalOp(n.Op(), in)
	if err != nil {
		return nil, err
	}
	if len(out) == 0 || out[0].Len() != 256 || out[0].Type() == core.String {
		return nil, errors.New("it is no function of a byte")
	}
	return out[0], nil
}

// table writes a function of one byte: as DequantizeLinear if it is linear, else as a lookup in its 256
// values.
func (e *exporter) table(n *core.Node) error {
	values, err := byteTable(n)
	if err != nil {
		return err
	}
	x, y := n.Inputs()[0], n.Out(0)
	f := e.formOf(x)
	f.bytes = x.Type() == core.I8
	if f.bytes {
		values = rotated(values)
	}
	name := e.use(x, f)
	if scale, zero, ok := linearTable(values); ok {
		e.scales[x] = scale
		e.define(y, form{first: f.first}, "DequantizeLinear",
			[]string{name, e.scalar(core.Scalar(scale)), e.scalar(core.Scalar(zero))})
		return nil
	}
	e.lookUp(y, f.first, values, name)
	return nil
}

// lookUp writes the lookup of bytes in a table of values.
func (e *exporter) lookUp(y core.Value, first bool, values *core.Tensor, bytes string) {
	f := form{first: first}
	if values.Type() == core.I8 {
		f.bytes = true
		values = flipped(values)
	}
	e.define(y, f, "Gather", []string{e.tensor("table", values), e.cast(bytes, core.I32)}, attribute{"axis", 0})
}

// rotated reorders a table indexed by the bits of an i8 for the uint8 form, which is 128 larger.
func rotated(t *core.Tensor) *core.Tensor {
	half := len(t.Bytes()) / 2
	data := append(append([]byte{}, t.Bytes()[half:]...), t.Bytes()[:half]...)
	return over(t.Type(), t.Shape(), data)
}

// linearTable returns the scale and the zero point if the f32 table is (q - zero) * scale, rounded once.
func linearTable(t *core.Tensor) (scale float32, zero uint8, ok bool) {
	if t.Type() != core.F32 {
		return 0, 0, false
	}
	v := core.Data[float32](t)
	for z, x := range v {
		if x != 0 {
			continue
		}
		zero = uint8(z)
		if z < 255 {
			scale = v[z+1]
		} else {
			scale = -v[z-1]
		}
		break
	}
	if !(scale > 0x1p-126) {
		return 0, 0, false
	}
	for q, x := range v {
		if float32(q-int(zero))*scale != x {
			return 0, 0, false
		}
	}
	return scale, zero, true
}

// formOf returns a form in which a value has been written: the function's own form if that exists, or else
// another one.
func (e *exporter) formOf(v core.Value) form {
	best := form{}
	for _, f := range []form{{}, {bytes: true}, {first: true}, {true, true}} {
		if e.forms[v][f] != "" {
			best = f
			break
		}
	}
	return best
}
