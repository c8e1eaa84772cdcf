package tensorflow

import (
	"encoding/binary"
	"fmt"

	"github.com/tf2ng/tf2ng/bridge/tf"
	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/core"
)

// described describes a tensor in the header of a frame.
type described struct {
	Name  string            `json:"name"`
	Type  graphdef.DataType `json:"type"`
	Shape []int             `json:"shape"`
	Bytes int               `json:"bytes"`
}

// content returns a tensor's part of a payload: its elements, or for each string its length (32 bits, little
// endian) and its bytes.
func content(t *core.Tensor) []byte {
	if t.Type() != core.String {
		return t.Bytes()
	}
	var b []byte
	for _, s := range t.Strings() {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return b
}

// tensor makes the tensor from its part of a payload. It may keep a reference to content.
func (d *described) tensor(content []byte) (*core.Tensor, error) {
	typ := tf.CoreType(d.Type)
	if typ == core.Dynamic {
		return nil, fmt.Errorf("tensor %q: type %v is not supported", d.Name, d.Type)
	}
	shape := core.Shape(d.Shape)
	if typ != core.String {
		t, err := core.TensorOver(typ, shape, content)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", d.Name, err)
		}
		return t, nil
	}
	var texts []string
	for len(content) >= 4 {
		n := binary.LittleEndian.Uint32(content)
		if content = content[4:]; uint64(n) > uint64(len(content)) {
			return nil, fmt.Errorf("tensor %q: a string of %d bytes where %d are left", d.Name, n, len(content))
		}
		texts, content = append(texts, string(content[:n])), content[n:]
	}
	t, err := core.StringTensor(shape, texts)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w", d.Name, err)
	}
	return t, nil
}

// tensors splits a payload into the tensors that list describes.
func tensors(list []described, payload []byte) (map[string]*core.Tensor, error) {
	out := map[string]*core.Tensor{}
	for i := range list {
		d := &list[i]
		if d.Bytes < 0 || d.Bytes > len(payload) {
			return nil, fmt.Errorf("tensor %q of %d bytes where the payload has %d left", d.Name, d.Bytes, len(payload))
		}
		t, err := d.tensor(payload[:d.Bytes:d.Bytes])
		if err != nil {
			return nil, err
		}
		out[d.Name], payload = t, payload[d.Bytes:]
	}
	if len(payload) > 0 {
		return nil, fmt.Errorf("%d bytes behind the last tensor of a payload", len(payload))
	}
	return out, nil
}
