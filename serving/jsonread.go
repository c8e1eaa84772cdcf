package serving

import (
	"encoding/base64"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// tensorReader makes a tensor from JSON values: from one value, or from several that become its rows.
type tensorReader struct {
	typ    tf2ng.Type
	append func(jsonValue) error                          // adds an element
	tensor func(shape tf2ng.Shape) (*tf2ng.Tensor, error) // makes a tensor of all elements
	n      int                                            // how many elements were added

	rows  int         // how many values were read
	size  int         // how many elements the first value has
	shape tf2ng.Shape // the shape of the first value
}

// read adds a value. Its shape must be that of the first value.
func (r *tensorReader) read(v jsonValue) error {
	shape := jsonShape(v)
	before := r.n
	if _, err := r.fill(v, 0, 0, shape); err != nil {
		return err
	}
	size := r.n - before
	switch {
	case r.rows == 0:
		r.size, r.shape = size, shape
	case size != r.size:
		return fault.New(fault.JSONSize, r.size, size)
	case !shape.Equal(r.shape):
		return fault.New(fault.JSONShape, jsonShapeText(r.shape), jsonShapeText(shape))
	}
	r.rows++
	return nil
}

// jsonShape returns the shape of a value, as far as the first element of each nested list shows it.
func jsonShape(v jsonValue) tf2ng.Shape {
	shape := tf2ng.Shape{}
	for v != nil && v[0] == '[' {
		n, first := v.count()
		shape = append(shape, n)
		v = first
	}
	return shape
}

func jsonShapeText(s tf2ng.Shape) string {
	list := make([]string, len(s))
	for i, d := range s {
		list[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// fill adds the elements of the value that begins at index at, and returns the index after it. The value
// is at nesting depth level of a tensor of the given shape. The text is read only once.
func (r *tensorReader) fill(v jsonValue, at, level int, shape tf2ng.Shape) (end int, err error) {
	if v[at] != '[' {
		end = valueEnd(v, at)
		if level != len(shape) {
			return end, fault.New(fault.JSONLevel, v[at:end].short(), level+1, len(shape))
		}
		r.n++
		return end, r.append(v[at:end])
	}
	if level >= len(shape) {
		return at, fault.New(fault.JSONListLevel, level, len(shape))
	}
	begin, n := at, 0
	for at = nextValue(v, at+1); v[at] != ']'; at = nextValue(v, at) {
		if n++; n > shape[level] {
			break
		}
		if at, err = r.fill(v, at, level+1, shape); err != nil {
			return at, err
		}
	}
	if n != shape[level] {
		n, _ = v[begin:valueEnd(v, begin)].count()
		return at, fault.New(fault.JSONListSize, n, level, shape[level])
	}
	return at + 1, nil
}

// newTensorReader returns a reader for a tensor of type t.
func newTensorReader(t tf2ng.Type) *tensorReader {
	r := &tensorReader{typ: t}
	switch t {
	case tf2ng.F32:
		elements(r, jsonFloat32)
	case tf2ng.F64:
		elements(r, jsonFloat64)
	case tf2ng.I8:
		elements(r, jsonInteger[int8](t, math.MinInt8, math.MaxInt8))
	case tf2ng.U8:
		elements(r, jsonInteger[uint8](t, 0, math.MaxUint8))
	case tf2ng.I16:
		elements(r, jsonInteger[int16](t, math.MinInt16, math.MaxInt16))
	case tf2ng.U16:
		elements(r, jsonInteger[uint16](t, 0, math.MaxUint16))
	case tf2ng.I32:
		elements(r, jsonInteger[int32](t, math.MinInt32, math.MaxInt32))
	case tf2ng.U32:
		elements(r, jsonInteger[uint32](t, 0, math.MaxUint32))
	case tf2ng.I64:
		elements(r, jsonInteger[int64](t, math.MinInt64, math.MaxInt64))
	case tf2ng.U64:
		elements(r, jsonUint64)
	case tf2ng.Bool:
		elements(r, jsonBool)
	case tf2ng.String:
		stringElements(r)
	default:
		r.append = func(v jsonValue) error { return fault.New(fault.JSONConversion, v.short(), typeName(t)) }
		r.tensor = func(shape tf2ng.Shape) (*tf2ng.Tensor, error) { return tf2ng.NewTensor(t, shape) }
	}
	return r
}

// elements sets the reader's append and tensor for elements of type T, which parse reads.
func elements[T tf2ng.Element](r *tensorReader, parse func(jsonValue) (T, error)) {
	var list []T
	r.append = func(v jsonValue) error {
		x, err := parse(v)
		list = append(list, x)
		return err
	}
	r.tensor = func(shape tf2ng.Shape) (*tf2ng.Tensor, error) { return tf2ng.TensorOf(shape, list) }
}

func stringElements(r *tensorReader) {
	var list []string
	r.append = func(v jsonValue) error {
		x, err := jsonBytes(v)
		list = append(list, x)
		return err
	}
	r.tensor = func(shape tf2ng.Shape) (*tf2ng.Tensor, error) { return tf2ng.StringTensor(shape, list) }
}

func wrongType(v jsonValue, t tf2ng.Type) error {
	return fault.New(fault.JSONType, v.short(), v.kind(), typeName(t))
}

// jsonNumber returns the value of a number, and whether it is written as an integer.
func jsonNumber(v jsonValue) (x float64, integer, ok bool) {
	if c := v[0]; c >= '0' && c <= '9' {
		x, err := strconv.ParseFloat(string(v), 64)
		return x, !strings.ContainsAny(string(v), ".eE"), err == nil
	}
	switch string(v) {
	case "NaN":
		return math.NaN(), false, true
	case "Infinity", "Inf":
		return math.Inf(1), false, true
	case "-Infinity", "-Inf":
		return math.Inf(-1), false, true
	}
	if v.kind() != "Number" {
		return 0, false, false
	}
	x, err := strconv.ParseFloat(string(v), 64)
	return x, !strings.ContainsAny(string(v), ".eE"), err == nil
}

func jsonFloat32(v jsonValue) (float32, error) {
	x, integer, ok := jsonNumber(v)
	switch {
	case !ok:
		return 0, wrongType(v, tf2ng.F32)
	case math.IsNaN(x), math.IsInf(x, 0):
	case integer && math.Abs(x) > 1<<24-1, math.Abs(x) > math.MaxFloat32:
		return 0, fault.New(fault.JSONLossy, v.short(), "float")
	}
	return float32(x), nil
}

func jsonFloat64(v jsonValue) (float64, error) {
	x, integer, ok := jsonNumber(v)
	if !ok {
		return 0, wrongType(v, tf2ng.F64)
	}
	if integer && math.Abs(x) > 1<<53-1 {
		return 0, fault.New(fault.JSONLossy, v.short(), "double")
	}
	return x, nil
}

func jsonInteger[T int8 | uint8 | int16 | uint16 | int32 | uint32 | int64](
	t tf2ng.Type, low, high int64,
) func(jsonValue) (T, error) {
	return func(v jsonValue) (T, error) {
		x, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || x < low || x > high {
			return 0, wrongType(v, t)
		}
		return T(x), nil
	}
}

func jsonUint64(v jsonValue) (uint64, error) {
	x, err := strconv.ParseUint(string(v), 10, 64)
	if err != nil {
		return 0, wrongType(v, tf2ng.U64)
	}
	return x, nil
}

func jsonBool(v jsonValue) (bool, error) {
	if v[0] != 't' && v[0] != 'f' {
		return false, wrongType(v, tf2ng.Bool)
	}
	return v[0] == 't', nil
}

// jsonBytes returns a string, or the bytes of {"b64": "..."}.
func jsonBytes(v jsonValue) (string, error) {
	switch {
	case v[0] == '"':
		return v.text(), nil
	case v[0] != '{':
		return "", wrongType(v, tf2ng.String)
	case !isBase64(v):
		return "", fault.New(fault.JSONBase64Form, v.short())
	}
	text := strings.TrimRight(v.member("b64").text(), "=")
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", fault.New(fault.JSONBase64)
	}
	return string(data), nil
}

// isBase64 reports whether a value is an object whose only member is a string "b64".
func isBase64(v jsonValue) bool {
	if v[0] != '{' {
		return false
	}
	n, found := 0, false
	_ = v.members(func(name string, m jsonValue) error {
		n++
		found = found || name == "b64" && m[0] == '"'
		return nil
	})
	return found && n == 1
}

// predictBody is a Predict request in JSON.
type predictBody struct {
	signature string
	rows      jsonValue // "instances"; nil in the column form
	columns   jsonValue // "inputs"; nil in the row form
}

func parsePredict(doc []byte) (*predictBody, error) {
	v, err := parseJSON(doc)
	if err != nil {
		return nil, err
	}
	b := &predictBody{}
	err = v.members(func(name string, m jsonValue) error {
		switch name {
		case "instances":
			b.rows = m
		case "inputs":
			b.columns = m
		case "signature_name":
			if m[0] != '"' {
				return fault.New(fault.JSONSignature, v.short())
			}
			b.signature = m.text()
		}
		return nil
	})
	return b, err
}

func jsonSignature(v jsonValue) (string, error) {
	name := v.member("signature_name")
	if name == nil {
		return "", nil
	}
	if name[0] != '"' {
		return "", fault.New(fault.JSONSignature, v.short())
	}
	return name.text(), nil
}

// tensors reads the inputs of a signature from the body.
func (b *predictBody) tensors(ports []Port) (map[string]*tf2ng.Tensor, error) {
	switch {
	case b.rows != nil && b.columns != nil:
		return nil, fault.New(fault.JSONBothForms, "{...}")
	case b.rows != nil:
		return rowTensors(b.rows, ports)
	case b.columns != nil:
		return columnTensors(b.columns, ports)
	}
	return nil, fault.New(fault.JSONNeitherForm)
}

// columnTensors reads the column form, which has each input as a whole.
func columnTensors(v jsonValue, ports []Port) (map[string]*tf2ng.Tensor, error) {
	given := map[string]jsonValue{}
	if v[0] != '{' || isBase64(v) {
		if len(ports) != 1 {
			return nil, fault.New(fault.JSONInputsPlain)
		}
		given[ports[0].Alias] = v
	} else {
		for _, p := range ports {
			if given[p.Alias] = v.member(p.Alias); given[p.Alias] == nil {
				return nil, fault.New(fault.JSONInputMissing, p.Alias)
			}
		}
	}
	out := map[string]*tf2ng.Tensor{}
	for _, p := range ports {
		r := newTensorReader(p.Type)
		if err := r.read(given[p.Alias]); err != nil {
			return nil, err
		}
		var err error
		if out[p.Alias], err = r.tensor(r.shape); err != nil {
			return nil, fault.New(fault.InputParse, p.Alias, err)
		}
	}
	return out, nil
}

// rowTensors reads the row form, a list whose elements each have one row of every input.
func rowTensors(v jsonValue, ports []Port) (map[string]*tf2ng.Tensor, error) {
	if v[0] != '[' {
		return nil, fault.New(fault.JSONInstancesNoList, v.short())
	}
	n, first := v.count()
	if n == 0 {
		return nil, fault.New(fault.JSONInstancesEmpty, v.short())
	}
	if first[0] != '{' && len(ports) != 1 {
		return nil, fault.New(fault.JSONInstancesPlain)
	}
	readers := map[string]*tensorReader{}
	for _, p := range ports {
		readers[p.Alias] = newTensorReader(p.Type)
	}
	named := isNamed(first)
	i := 0
	err := v.each(func(e jsonValue) error {
		defer func() { i++ }()
		if named {
			return namedRow(readers, i, e)
		}
		return plainRow(readers, ports, i, e)
	})
	if err != nil {
		return nil, err
	}
	out := map[string]*tf2ng.Tensor{}
	for alias, r := range readers {
		if out[alias], err = r.tensor(append(tf2ng.Shape{n}, r.shape...)); err != nil {
			return nil, fault.New(fault.InputParse, alias, err)
		}
	}
	return out, nil
}

// isNamed reports whether a row is an object that names its inputs.
func isNamed(v jsonValue) bool { return v[0] == '{' && !isBase64(v) }

func plainRow(readers map[string]*tensorReader, ports []Port, i int, e jsonValue) error {
	if isNamed(e) {
		return fault.New(fault.JSONInstancesObject, i)
	}
	if len(ports) != 1 {
		return fault.New(fault.JSONInstancesPlain)
	}
	if err := readers[ports[0].Alias].read(e); err != nil {
		return within(err, func(err error) *Error { return fault.New(fault.JSONElement, i, err) })
	}
	return nil
}

func namedRow(readers map[string]*tensorReader, i int, e jsonValue) error {
	if !isNamed(e) {
		return fault.New(fault.JSONInstancesMixed, i)
	}
	given := map[string]bool{}
	err := e.members(func(name string, m jsonValue) error {
		r := readers[name]
		var err error = fault.New(fault.JSONUnknownInput, name)
		if r != nil {
			if given[name] {
				return nil
			}
			err = r.read(m)
		}
		given[name] = true
		if err != nil {
			return within(err, func(err error) *Error { return fault.New(fault.JSONNamedElement, i, name, err) })
		}
		return nil
	})
	if err == nil && len(given) != len(readers) {
		keys := strings.Join(slices.Sorted(maps.Keys(readers)), ",")
		err = fault.New(fault.JSONInstancesKeys, i, e.short(), keys)
	}
	return err
}

// within wraps an error. If it is an *Error with a code other than INVALID_ARGUMENT, the code is kept.
func within(err error, wrap func(error) *Error) error {
	e := wrap(err)
	if known := (*Error)(nil); errors.As(err, &known) && known.Code != fault.InvalidArgument {
		e.Code = known.Code
		e.Msg = strings.Replace(e.Msg, "INVALID_ARGUMENT", known.Code.String(), 1)
	}
	return e
}
