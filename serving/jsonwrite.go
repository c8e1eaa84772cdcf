package serving

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// jsonWriter writes JSON in TensorFlow Serving's layout: each level is indented by four spaces, and in the
// row form ("predictions") the lists are on one line.
type jsonWriter struct {
	bytes.Buffer
	empty []bool // for each open list or object, outermost first: whether it is still empty
	line  bool   // write lists on one line
	keyed bool   // a key has just been written, and its value comes next
}

func (w *jsonWriter) newline() {
	w.WriteByte('\n')
	for range w.empty {
		w.WriteString("    ")
	}
}

// before writes what separates a value from what was written before it: a comma, a line break, an indent.
func (w *jsonWriter) before(line bool) {
	if w.keyed {
		w.keyed = false
		return
	}
	if len(w.empty) == 0 {
		return
	}
	last := len(w.empty) - 1
	if !w.empty[last] {
		w.WriteByte(',')
		if line {
			w.WriteByte(' ')
		}
	}
	w.empty[last] = false
	if !line {
		w.newline()
	}
}

func (w *jsonWriter) open(c byte) {
	w.before(w.line)
	w.WriteByte(c)
	w.empty = append(w.empty, true)
}

func (w *jsonWriter) close(c byte, line bool) {
	last := len(w.empty) - 1
	empty := w.empty[last]
	w.empty = w.empty[:last]
	if !empty && !line {
		w.newline()
	}
	w.WriteByte(c)
}

func (w *jsonWriter) key(name string) {
	w.before(false)
	w.quote(name)
	w.WriteString(": ")
	w.keyed = true
}

func (w *jsonWriter) quote(s string) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	w.Write(bytes.TrimRight(b.Bytes(), "\n"))
}

// value writes a value that is already formatted.
func (w *jsonWriter) value(text string) {
	w.before(w.line)
	w.WriteString(text)
}

// decimal formats a floating-point number as TensorFlow Serving does. It has six significant digits if those
// are exact, else the 9 or 17 that identify any value of 32 or 64 bits. It always contains a "." or an "e".
func decimal(x float64, bits int) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	s := strconv.FormatFloat(x, 'g', 6, bits)
	if back, err := strconv.ParseFloat(s, bits); err != nil || back != x {
		digits := 17
		if bits == 32 {
			digits = 9
		}
		s = strconv.FormatFloat(x, 'g', digits, 64)
	}
	s = trimDecimal(s)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// trimDecimal drops trailing zeros of the fraction, as C's %g does.
func trimDecimal(s string) string {
	mantissa, exponent, scientific := strings.Cut(s, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if scientific {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// formatter returns a function that writes the tensor's element with a given index.
func formatter(alias string, t *tf2ng.Tensor) (func(w *jsonWriter, i int), error) {
	switch t.Type() {
	case tf2ng.F32:
		data := core.Data[float32](t)
		return func(w *jsonWriter, i int) { w.value(decimal(float64(data[i]), 32)) }, nil
	case tf2ng.F64:
		data := core.Data[float64](t)
		return func(w *jsonWriter, i int) { w.value(decimal(data[i], 64)) }, nil
	case tf2ng.F16, tf2ng.BF16:
		data := t.Float32s()
		return func(w *jsonWriter, i int) { w.value(decimal(float64(data[i]), 32)) }, nil
	case tf2ng.Bool:
		data := core.Data[bool](t)
		return func(w *jsonWriter, i int) { w.value(strconv.FormatBool(data[i])) }, nil
	case tf2ng.U64:
		data := core.Data[uint64](t)
		return func(w *jsonWriter, i int) { w.value(strconv.FormatUint(data[i], 10)) }, nil
	case tf2ng.I8, tf2ng.U8, tf2ng.I16, tf2ng.U16, tf2ng.I32, tf2ng.U32, tf2ng.I64:
		data := t.Int64s()
		return func(w *jsonWriter, i int) { w.value(strconv.FormatInt(data[i], 10)) }, nil
	case tf2ng.String:
		data, isBytes := t.Strings(), strings.HasSuffix(alias, "_bytes")
		return func(w *jsonWriter, i int) { w.stringElement(data[i], isBytes) }, nil
	}
	return nil, fault.New(fault.JSONWrite, typeName(t.Type()))
}

func (w *jsonWriter) stringElement(s string, isBytes bool) {
	if !isBytes {
		w.before(w.line)
		w.quote(s)
		return
	}
	w.open('{')
	w.key("b64")
	w.quote(base64.StdEncoding.EncodeToString([]byte(s)))
	w.keyed = false
	w.close('}', false)
}

// array writes the elements from index at on as nested lists of a shape, and returns the index after them.
func (w *jsonWriter) array(shape tf2ng.Shape, at int, element func(w *jsonWriter, i int)) int {
	if len(shape) == 0 {
		element(w, at)
		return at + 1
	}
	w.open('[')
	for range shape[0] {
		at = w.array(shape[1:], at, element)
	}
	w.close(']', w.line)
	return at
}

// columnsJSON writes outputs in the column form: each output as a whole.
func columnsJSON(out map[string]*tf2ng.Tensor) ([]byte, error) {
	var w jsonWriter
	w.open('{')
	w.key("outputs")
	named := len(out) > 1
	if named {
		w.open('{')
	}
	for _, alias := range slices.Sorted(maps.Keys(out)) {
		if named {
			w.key(alias)
		}
		f, err := formatter(alias, out[alias])
		if err != nil {
			return nil, err
		}
		w.array(out[alias].Shape(), 0, f)
	}
	if named {
		w.close('}', false)
	}
	w.close('}', false)
	return w.Bytes(), nil
}

// rowsJSON writes outputs in the row form: a list with an entry for each row of the outputs.
func rowsJSON(out map[string]*tf2ng.Tensor) ([]byte, error) {
	names := slices.Sorted(maps.Keys(out))
	rows := -1
	formats := make([]func(*jsonWriter, int), len(names))
	for i, alias := range names {
		shape := out[alias].Shape()
		if len(shape) == 0 {
			return nil, fault.New(fault.JSONNoBatch, alias)
		}
		if rows >= 0 && shape[0] != rows {
			return nil, fault.New(fault.JSONBatchDiffers, alias, shape[0], rows)
		}
		rows = shape[0]
		var err error
		if formats[i], err = formatter(alias, out[alias]); err != nil {
			return nil, err
		}
	}
	var w jsonWriter
	w.open('{')
	w.key("predictions")
	w.open('[')
	for row := range rows {
		if len(names) > 1 {
			w.open('{')
		}
		w.line = true
		for i, alias := range names {
			if len(names) > 1 {
				w.key(alias)
			}
			t := out[alias]
			w.array(t.Shape()[1:], row*(t.Len()/rows), formats[i])
		}
		w.line = false
		if len(names) > 1 {
			w.close('}', false)
		}
	}
	w.close(']', false)
	w.close('}', false)
	return w.Bytes(), nil
}

// classesJSON writes the results of Classify.
func classesJSON(results [][]Class) []byte {
	var w jsonWriter
	w.open('{')
	w.key("results")
	w.open('[')
	for _, classes := range results {
		w.line = true
		w.open('[')
		for _, c := range classes {
			w.open('[')
			w.before(true)
			w.quote(c.Label)
			w.value(decimal(float64(c.Score), 32))
			w.close(']', true)
		}
		w.close(']', true)
		w.line = false
	}
	w.close(']', false)
	w.close('}', false)
	return w.Bytes()
}

// valuesJSON writes the results of Regress.
func valuesJSON(values []float32) []byte {
	var w jsonWriter
	w.open('{')
	w.key("results")
	w.line = true
	w.open('[')
	for _, v := range values {
		w.value(decimal(float64(v), 32))
	}
	w.close(']', true)
	w.close('}', false)
	return w.Bytes()
}

// errorJSON writes an error.
func errorJSON(message string) []byte {
	var w jsonWriter
	w.open('{')
	w.key("error")
	w.quote(message)
	w.keyed = false
	w.close('}', false)
	return w.Bytes()
}
