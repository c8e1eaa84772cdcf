package parsing

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/core"
)

// errMalformed is the error of bytes that are no protocol buffer.
var errMalformed = errors.New("malformed")

// feature is the list of values of a tf.Feature.
type feature struct {
	typ  core.Type // String, F32 or I64; Dynamic if it has no list
	list []byte    // the BytesList, FloatList or Int64List
}

// listTypes are the types of the lists of a tf.Feature, by the numbers of its fields.
var listTypes = [...]core.Type{1: core.String, 2: core.F32, 3: core.I64}

// reader reads some features of tf.Examples.
type reader struct {
	places map[string]int // of each key in found
	found  []feature
}

// read sets what is found in a tf.Example. Of features of one name the last one counts, as in TensorFlow.
func (r *reader) read(example []byte) error {
	clear(r.found)
	return eachField(example, 1, func(features []byte) error {
		return eachField(features, 1, func(entry []byte) error {
			key, f, err := featureOf(entry)
			if k, wanted := r.places[string(key)]; wanted {
				r.found[k] = f
			}
			return err
		})
	})
}

// featureOf reads an entry of the map of features. Of the lists of a feature the first one counts, as in TensorFlow.
func featureOf(entry []byte) (key []byte, f feature, err error) {
	var value []byte
	err = eachBytes(entry, func(field protowire.Number, content []byte) error {
		switch field {
		case 1:
			key = content
		case 2:
			value = content
		}
		return nil
	})
	if err != nil {
		return nil, feature{}, err
	}
	err = eachBytes(value, func(field protowire.Number, content []byte) error {
		if int(field) < len(listTypes) && f.typ == core.Dynamic {
			f = feature{listTypes[field], content}
		}
		return nil
	})
	return key, f, err
}

// eachField calls f with the content of each field of a message that has a number and holds bytes.
func eachField(message []byte, number protowire.Number, f func(content []byte) error) error {
	return eachBytes(message, func(field protowire.Number, content []byte) error {
		if field != number {
			return nil
		}
		return f(content)
	})
}

// eachBytes calls f with the number and the content of each field of a message that holds bytes, and passes over the
// others.
func eachBytes(message []byte, f func(field protowire.Number, content []byte) error) error {
	return eachValue(message, func(field protowire.Number, typ protowire.Type, value []byte) (int, error) {
		if typ != protowire.BytesType {
			return protowire.ConsumeFieldValue(field, typ, value), nil
		}
		content, n := protowire.ConsumeBytes(value)
		if n < 0 {
			return n, nil
		}
		return n, f(field, content)
	})
}

// eachValue calls f with each field of a message and what follows its tag; f returns how many bytes the value has, or
// a negative number if it is malformed.
func eachValue(
	message []byte, f func(field protowire.Number, typ protowire.Type, value []byte) (int, error),
) error {
	for len(message) > 0 {
		field, typ, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return errMalformed
		}
		n, err := f(field, typ, message[tag:])
		if err != nil {
			return err
		}
		if n < 0 {
			return errMalformed
		}
		message = message[tag+n:]
	}
	return nil
}

// column collects the values of a feature of one type, example by example.
type column struct {
	key    string
	typ    core.Type
	texts  []string
	reals  []float32
	whole  []int64
	counts []int // of the values of each example
}

func (c *column) len() int { return len(c.texts) + len(c.reals) + len(c.whole) }

// add adds the values of an example.
func (c *column) add(f feature) error {
	before := c.len()
	err := eachValue(f.list, func(field protowire.Number, typ protowire.Type, value []byte) (int, error) {
		if field != 1 {
			return protowire.ConsumeFieldValue(field, typ, value), nil
		}
		if typ == protowire.BytesType {
			content, n := protowire.ConsumeBytes(value)
			if n < 0 {
				return n, nil
			}
			return n, c.addBytes(content)
		}
		return c.addNumber(typ, value), nil
	})
	c.counts = append(c.counts, c.len()-before)
	return err
}

// addBytes adds a string, or numbers that are packed.
func (c *column) addBytes(content []byte) error {
	if c.typ == core.String {
		c.texts = append(c.texts, string(content))
		return nil
	}
	if c.typ == core.F32 {
		if len(content)%4 != 0 {
			return errMalformed
		}
		c.reals = slices.Grow(c.reals, len(content)/4)
		for ; len(content) > 0; content = content[4:] {
			c.reals = append(c.reals, math.Float32frombits(binary.LittleEndian.Uint32(content)))
		}
		return nil
	}
	for len(content) > 0 {
		v, n := protowire.ConsumeVarint(content)
		if n < 0 {
			return errMalformed
		}
		c.whole = append(c.whole, int64(v))
		content = content[n:]
	}
	return nil
}

// addNumber adds a number and returns how many bytes it has; a negative number if it is malformed.
func (c *column) addNumber(typ protowire.Type, value []byte) int {
	switch {
	case c.typ == core.F32 && typ == protowire.Fixed32Type && len(value) >= 4:
		c.reals = append(c.reals, math.Float32frombits(binary.LittleEndian.Uint32(value)))
		return 4
	case c.typ == core.I64 && typ == protowire.VarintType:
		v, n := protowire.ConsumeVarint(value)
		c.whole = append(c.whole, int64(v))
		return n
	}
	return -1
}

// addDefault adds the values of a tensor for an example.
func (c *column) addDefault(t *core.Tensor) {
	switch c.typ {
	case core.String:
		c.texts = append(c.texts, t.Strings()...)
	case core.F32:
		c.reals = append(c.reals, core.Data[float32](t)...)
	default:
		c.whole = append(c.whole, core.Data[int64](t)...)
	}
	c.counts = append(c.counts, t.Len())
}

// store stores the values in a tensor, n rows of as many elements each as rows has in all; what is missing at the end
// of a row is filled with padding, a scalar.
func (c *column) store(t *core.Tensor, padding *core.Tensor) {
	switch c.typ {
	case core.String:
		storeRows(t.Strings(), c.texts, c.counts, padding, (*core.Tensor).Strings)
	case core.F32:
		storeRows(core.Data[float32](t), c.reals, c.counts, padding, core.Data[float32])
	default:
		storeRows(core.Data[int64](t), c.whole, c.counts, padding, core.Data[int64])
	}
}

func storeRows[T any](to, from []T, counts []int, padding *core.Tensor, values func(*core.Tensor) []T) {
	if padding == nil {
		copy(to, from)
		return
	}
	fill := values(padding)[0]
	for i, n := range counts {
		row := to[i*(len(to)/len(counts)):][:len(to)/len(counts)]
		copy(row, from[:n])
		for k := n; k < len(row); k++ {
			row[k] = fill
		}
		from = from[n:]
	}
}
