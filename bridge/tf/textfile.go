package tf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/internal/opdef"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/text"
)

// The columns of a text file that are none: TensorFlow's TextFileIndex.
const (
	wholeLine  = -2
	lineNumber = -1
)

// maxColumns bounds the columns of a line that are looked at.
const maxColumns = 1 << 10

// column is what a text file has for the keys or the values of a table.
type column struct {
	attr   string // that says which
	index  int64
	typ    core.Type
	texts  []string
	number []int64 // of lines
}

// textFile are the attributes of an initializer that reads a text file.
type textFile struct {
	keys, values column
	delimiter    string
	most         int64 // lines; -1: all
	offset       int64 // of the numbers of lines
}

// readTable reads the keys and values of the table that a node makes from the file that an initializer names.
func (t *translation) readTable(n, from *graphdef.Node, name *core.Tensor) (keys, values *core.Tensor, err error) {
	if name.Type() != core.String || name.Len() != 1 {
		return nil, nil, fmt.Errorf("got %v for the name of a file, want a string", name.Fact())
	}
	file := name.Strings()[0]
	if t.options.Files == nil {
		return nil, nil, fmt.Errorf("it reads the file %q, which a GraphDef does not hold: convert the SavedModel", file)
	}
	f, err := textFileOf(n, from)
	if err != nil {
		return nil, nil, err
	}
	data, err := t.options.Files(file)
	if err != nil {
		return nil, nil, err
	}
	if err := f.read(data); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	if keys, err = f.keys.tensor(); err == nil {
		values, err = f.values.tensor()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %v", file, err) // the op is none of the graph
	}
	return keys, values, nil
}

// textFileOf reads the attributes.
func textFileOf(n, from *graphdef.Node) (*textFile, error) {
	f := &textFile{keys: column{attr: "key_index"}, values: column{attr: "value_index"}}
	for attr, c := range map[string]*column{"key_dtype": &f.keys, "value_dtype": &f.values} {
		var err error
		if c.index, err = from.Int(c.attr); err != nil {
			return nil, err
		}
		if c.typ, err = opdef.TypeAttr(n, attr, core.Dynamic); err != nil {
			return nil, err
		}
		switch {
		case c.index < wholeLine || c.index > maxColumns:
			return nil, from.Errorf(c.attr, "got %d, want -2 to %d", c.index, maxColumns)
		case c.index == lineNumber && c.typ != core.I64:
			return nil, from.Errorf(c.attr, "got -1, the number of a line, for %v, want i64", c.typ)
		case c.typ == core.Bool:
			return nil, from.Errorf(c.attr, "got values of %v, which no file gives", c.typ)
		}
	}
	var err error
	if f.delimiter, err = from.StrOr("delimiter", "\t"); err != nil {
		return nil, err
	}
	if len(f.delimiter) != 1 {
		return nil, from.Errorf("delimiter", "got %q, want one byte", f.delimiter)
	}
	if f.most, err = from.IntOr("vocab_size", -1); err != nil {
		return nil, err
	}
	if f.most < -1 || f.most == 0 {
		return nil, from.Errorf("vocab_size", "got %d, want -1 or at least 1", f.most)
	}
	f.offset, err = from.IntOr("offset", 0)
	return f, err
}

// read reads the lines of a file as TensorFlow does: without a carriage return at their ends. There is a line, and none
// is empty.
func (f *textFile) read(data []byte) error {
	if len(data) == 0 {
		return errors.New("the file is empty, want at least a line")
	}
	count := int64(0)
	for len(data) > 0 && (f.most < 0 || count < f.most) {
		var raw []byte
		raw, data, _ = bytes.Cut(data, []byte{'\n'})
		line := strings.TrimSuffix(string(raw), "\r")
		if line == "" {
			return fmt.Errorf("line %d is empty, want none that is", count)
		}
		for _, c := range []*column{&f.keys, &f.values} {
			if err := c.add(line, f.delimiter, count, f.offset); err != nil {
				return err
			}
		}
		count++
	}
	if f.most >= 0 && count != f.most {
		return fmt.Errorf("got %d lines, want %d as attribute \"vocab_size\" says", count, f.most)
	}
	return nil
}

// add adds what a line has.
func (c *column) add(line, delimiter string, count, offset int64) error {
	switch c.index {
	case lineNumber:
		c.number = append(c.number, count+offset)
		return nil
	case wholeLine:
		c.texts = append(c.texts, line)
		return nil
	}
	for range c.index {
		_, rest, more := strings.Cut(line, delimiter)
		if !more {
			return fmt.Errorf("line %d has too few columns, want %d", count, c.index+1)
		}
		line = rest
	}
	field, _, _ := strings.Cut(line, delimiter)
	c.texts = append(c.texts, field)
	return nil
}

// tensor returns what was read as a tensor.
func (c *column) tensor() (*core.Tensor, error) {
	if c.index == lineNumber {
		return core.TensorOf(core.Shape{len(c.number)}, c.number)
	}
	texts, err := core.StringTensor(core.Shape{len(c.texts)}, c.texts)
	if err != nil || c.typ == core.String {
		return texts, err
	}
	out, err := core.EvalOp(&text.ToNumber{Type: c.typ}, []*core.Tensor{texts})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}
