package serving

import (
	"bytes"
	"encoding/json"

	"github.com/tf2ng/tf2ng/serving/internal/fault"
)

// maxJSONDepth bounds how deeply the values of a request may be nested.
const maxJSONDepth = 100

// jsonValue is the text of a value, without surrounding space, in a document that parseJSON has checked.
// Elements are found by scanning the text, so a document takes no memory beyond its text. As in TensorFlow
// Serving, NaN, Infinity and -Infinity are valid values.
type jsonValue []byte

// parseJSON checks a document, which must be a JSON object, and returns that object.
func parseJSON(doc []byte) (jsonValue, error) {
	p := jsonParser{text: doc}
	p.space()
	if p.at == len(doc) {
		return nil, fault.New(fault.JSONSyntax, "The document is empty.", p.at)
	}
	begin := p.at
	if wrong := p.value(0); wrong != "" {
		return nil, fault.New(fault.JSONSyntax, wrong, p.at)
	}
	v := jsonValue(doc[begin:p.at])
	p.space()
	if p.at < len(doc) {
		return nil, fault.New(fault.JSONSyntax, "The document root must not be followed by other values.", p.at)
	}
	if v.kind() != "Object" {
		return nil, fault.New(fault.JSONNotObject, v.short())
	}
	return v, nil
}

// kind returns the name of the value's type in error texts.
func (v jsonValue) kind() string {
	switch v[0] {
	case 'n':
		return "Null"
	case 'f':
		return "False"
	case 't':
		return "True"
	case '{':
		return "Object"
	case '[':
		return "Array"
	case '"':
		return "String"
	}
	return "Number"
}

// short returns the text of a value for use in an error, truncated if it is long.
func (v jsonValue) short() string {
	const most = 100
	if len(v) > most {
		return string(bytes.ToValidUTF8(v[:most], nil)) + "..."
	}
	return string(v)
}

// each calls f for each element of an array, until f returns an error.
func (v jsonValue) each(f func(jsonValue) error) error {
	for at := nextValue(v, 1); v[at] != ']'; {
		end := valueEnd(v, at)
		if err := f(v[at:end]); err != nil {
			return err
		}
		at = nextValue(v, end)
	}
	return nil
}

// count returns the number of elements of an array, and its first element.
func (v jsonValue) count() (n int, first jsonValue) {
	_ = v.each(func(e jsonValue) error {
		if n == 0 {
			first = e
		}
		n++
		return nil
	})
	return n, first
}

// members calls f for each member of an object, until f returns an error.
func (v jsonValue) members(f func(name string, member jsonValue) error) error {
	for at := nextValue(v, 1); v[at] != '}'; {
		end := valueEnd(v, at)
		name := v[at:end].text()
		at = nextValue(v, end)
		end = valueEnd(v, at)
		if err := f(name, v[at:end]); err != nil {
			return err
		}
		at = nextValue(v, end)
	}
	return nil
}

// member returns the value of an object's member with the given name; nil if there is none.
func (v jsonValue) member(name string) (found jsonValue) {
	_ = v.members(func(n string, m jsonValue) error {
		if n == name && found == nil {
			found = m
		}
		return nil
	})
	return found
}

// text returns the characters of a string.
func (v jsonValue) text() string {
	raw := v[1 : len(v)-1]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return string(raw)
	}
	return s
}

// nextValue returns the first index from at on that is not white space, a comma or a colon.
func nextValue(v jsonValue, at int) int {
	for isSpace(v[at]) || v[at] == ',' || v[at] == ':' {
		at++
	}
	return at
}

// structural marks the bytes that begin or end a list, an object or a string.
var structural = [256]bool{'"': true, '[': true, ']': true, '{': true, '}': true}

// valueEnd returns the index after the value that begins at index at.
func valueEnd(v jsonValue, at int) int {
	if c := v[at]; c != '"' && c != '[' && c != '{' {
		for at++; at < len(v) && !isDelimiter(v[at]); {
			at++
		}
		return at
	}
	depth := 0
	for {
		for !structural[v[at]] {
			at++
		}
		switch v[at] {
		case '"':
			at = stringEnd(v, at)
		case '[', '{':
			depth++
			at++
			continue
		case ']', '}':
			depth--
			at++
		}
		if depth == 0 {
			return at
		}
	}
}

func isDelimiter(c byte) bool {
	return c == ',' || c == ']' || c == '}' || c == ':' || isSpace(c)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// stringEnd returns the index after the string that begins at index at.
func stringEnd(v jsonValue, at int) int {
	for at++; v[at] != '"'; at++ {
		if v[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// jsonParser checks that a text is JSON. Its methods return what is wrong at the current position, in the
// words of TensorFlow Serving's parser, or an empty string.
type jsonParser struct {
	text []byte
	at   int
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

// take skips the next byte if it is c, and reports whether it was.
func (p *jsonParser) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) word(w string) bool {
	if bytes.HasPrefix(p.text[p.at:], []byte(w)) {
		p.at += len(w)
		return true
	}
	return false
}

func (p *jsonParser) value(depth int) string {
	const invalid = "Invalid value."
	if depth > maxJSONDepth {
		return "Values are nested too deeply."
	}
	if p.at == len(p.text) {
		return invalid
	}
	switch p.text[p.at] {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.quoted()
	}
	if c := p.text[p.at]; c >= '0' && c <= '9' {
		return p.number()
	}
	for _, w := range []string{"null", "true", "false", "NaN", "Infinity", "Inf", "-Infinity", "-Inf"} {
		if p.word(w) {
			return ""
		}
	}
	return p.number()
}

func (p *jsonParser) object(depth int) string {
	p.at++
	p.space()
	if p.take('}') {
		return ""
	}
	for {
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return "Missing a name for object member."
		}
		if wrong := p.quoted(); wrong != "" {
			return wrong
		}
		p.space()
		if !p.take(':') {
			return "Missing a colon after a name of object member."
		}
		p.space()
		if wrong := p.value(depth + 1); wrong != "" {
			return wrong
		}
		p.space()
		if p.take('}') {
			return ""
		}
		if !p.take(',') {
			return "Missing a comma or } after an object member."
		}
		p.space()
	}
}

func (p *jsonParser) array(depth int) string {
	p.at++
	p.space()
	if p.take(']') {
		return ""
	}
	for {
		if wrong := p.value(depth + 1); wrong != "" {
			return wrong
		}
		p.space()
		if p.take(']') {
			return ""
		}
		if !p.take(',') {
			return "Missing a comma or ] after an array element."
		}
		p.space()
	}
}

func (p *jsonParser) quoted() string {
	begin := p.at
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return ""
		case c < 0x20:
			return "Invalid encoding in string."
		case c == '\\':
			if wrong := p.escape(); wrong != "" {
				return wrong
			}
		}
	}
	p.at = begin
	return "Missing a closing quotation mark in string."
}

// escape skips an escape sequence except for its last byte.
func (p *jsonParser) escape() string {
	p.at++
	if p.at == len(p.text) || bytes.IndexByte([]byte(`"\/bfnrtu`), p.text[p.at]) < 0 {
		return "Invalid escape character in string."
	}
	if p.text[p.at] != 'u' {
		return ""
	}
	for range 4 {
		p.at++
		if p.at == len(p.text) || bytes.IndexByte([]byte("0123456789abcdefABCDEF"), p.text[p.at]) < 0 {
			return "Incorrect hex digit after \\u escape in string."
		}
	}
	return ""
}

func (p *jsonParser) digits() bool {
	begin := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > begin
}

func (p *jsonParser) number() string {
	begin := p.at
	p.take('-')
	if !p.take('0') && !p.digits() {
		p.at = begin
		return "Invalid value."
	}
	if p.take('.') && !p.digits() {
		return "Miss fraction part in number."
	}
	if p.take('e') || p.take('E') {
		_ = p.take('+') || p.take('-')
		if !p.digits() {
			return "Miss exponent in number."
		}
	}
	return ""
}
