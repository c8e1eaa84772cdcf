package text

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tf2ng/tf2ng/core"
)

// regex is an expression that matches bytes, as RE2's do: it is one of the bytes of UTF-8, each of which is a rune from
// 0 to 255. Package regexp by itself takes a byte that is no UTF-8 for U+FFFD.
type regex struct {
	source string // of the bytes
	bytes  *regexp.Regexp
	groups int
}

// newRegex parses a pattern, input 1.
func newRegex(pattern string) (*regex, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, core.Violation("C2", 1, "got the pattern %.80q: %v", pattern, err)
	}
	names := 0
	for _, name := range tree.CapNames() {
		if name != "" {
			names++
		}
	}
	if names > strings.Count(pattern, "(?P<") {
		return nil, core.Violation("C2", 1, "got the pattern %.80q: want (?P<name>...) as names of groups", pattern)
	}
	var b strings.Builder
	writeBytes(&b, tree)
	re := &regex{source: b.String(), groups: tree.MaxCap()}
	return re, re.compile("", "")
}

// compile compiles the expression with something on either side.
func (re *regex) compile(before, after string) (err error) {
	if re.bytes, err = regexp.Compile(before + re.source + after); err != nil {
		return core.Violation("C2", 1, "got a pattern that is too large: %v", err)
	}
	return nil
}

// asRunes returns a string of which each rune is a byte of s.
func asRunes(s string) string {
	if ascii(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// all returns the matches in a string, or the first one, as pairs of places in bytes for each group. Behind an empty
// match the search goes on behind the next character, or a byte that begins none.
func (re *regex) all(s string, first bool) [][]int {
	n := -1
	if first {
		n = 1
	}
	list := re.bytes.FindAllStringSubmatchIndex(asRunes(s), n)
	if ascii(s) {
		return list
	}
	at := make([]int, 0, 2*len(s)) // the byte of s by the place in asRunes(s)
	for i := range len(s) {
		at = append(at, i)
		if s[i] >= utf8.RuneSelf {
			at = append(at, i)
		}
	}
	at = append(at, len(s))
	from := 0
	return slices.DeleteFunc(list, func(m []int) bool {
		for i, place := range m {
			if place >= 0 {
				m[i] = at[place]
			}
		}
		if m[0] < from {
			return true
		}
		if from = m[1]; m[0] == m[1] {
			from += sizeOfRune(s[from:])
		}
		return false
	})
}

// sizeOfRune returns how many bytes the first rune of a string has, which may be the number of a surrogate.
func sizeOfRune(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	if len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80 {
		size = 3
	}
	return size
}

// writeBytes writes an expression of the bytes of the UTF-8 that an expression of runes matches.
func writeBytes(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpNoMatch:
		b.WriteString(`[^\x00-\x{10FFFF}]`)
	case syntax.OpEmptyMatch:
		b.WriteString(`(?:)`)
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeRune(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		writeClass(b, re.Rune)
	case syntax.OpAnyCharNotNL:
		writeClass(b, []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune})
	case syntax.OpAnyChar:
		writeClass(b, []rune{0, unicode.MaxRune})
	case syntax.OpBeginLine:
		b.WriteString(`(?m:^)`)
	case syntax.OpEndLine:
		b.WriteString(`(?m:$)`)
	case syntax.OpBeginText:
		b.WriteString(`\A`)
	case syntax.OpEndText:
		b.WriteString(`\z`)
	case syntax.OpWordBoundary:
		b.WriteString(`\b`)
	case syntax.OpNoWordBoundary:
		b.WriteString(`\B`)
	case syntax.OpCapture:
		writeGroup(b, "(", re)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			writeGroup(b, "(?:", sub)
		}
	case syntax.OpAlternate:
		b.WriteString("(?:")
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			writeBytes(b, sub)
		}
		b.WriteByte(')')
	default:
		writeRepeated(b, re)
	}
}

// writeGroup writes a group of what an expression, or that in a capture, matches.
func writeGroup(b *strings.Builder, open string, re *syntax.Regexp) {
	b.WriteString(open)
	if re.Op == syntax.OpCapture && open == "(" {
		re = re.Sub[0]
	}
	writeBytes(b, re)
	b.WriteByte(')')
}

// writeRepeated writes a repetition.
func writeRepeated(b *strings.Builder, re *syntax.Regexp) {
	writeGroup(b, "(?:", re.Sub[0])
	switch {
	case re.Op == syntax.OpStar:
		b.WriteByte('*')
	case re.Op == syntax.OpPlus:
		b.WriteByte('+')
	case re.Op == syntax.OpQuest:
		b.WriteByte('?')
	case re.Max < 0:
		fmt.Fprintf(b, "{%d,}", re.Min)
	default:
		fmt.Fprintf(b, "{%d,%d}", re.Min, re.Max)
	}
	if re.Flags&syntax.NonGreedy != 0 {
		b.WriteByte('?')
	}
}

// writeRune writes the bytes of a rune or, with fold, of each that differs from it in case only.
func writeRune(b *strings.Builder, r rune, fold bool) {
	list := []rune{r, r}
	for other := unicode.SimpleFold(r); fold && other != r; other = unicode.SimpleFold(other) {
		list = append(list, other, other)
	}
	writeClass(b, list)
}

// writeClass writes the bytes of runes in ranges.
func writeClass(b *strings.Builder, ranges []rune) {
	b.WriteString("(?:")
	if len(ranges) == 0 {
		b.WriteString(`[^\x00-\x{10FFFF}]`)
	}
	for i := 0; i < len(ranges); i += 2 {
		if i > 0 {
			b.WriteByte('|')
		}
		writeRange(b, ranges[i], ranges[i+1])
	}
	b.WriteByte(')')
}

// writeRange writes the bytes of runes from lo to hi, which may be numbers of surrogates. As in RE2, the range of all
// that are not ASCII has longer forms than necessary, and numbers above the largest rune.
func writeRange(b *strings.Builder, lo, hi rune) {
	if lo == utf8.RuneSelf && hi == unicode.MaxRune {
		b.WriteString(`[\xC2-\xDF][\x80-\xBF]|[\xE0-\xEF][\x80-\xBF]{2}|[\xF0-\xF4][\x80-\xBF]{3}`)
		return
	}
	for _, most := range []rune{0x7f, 0x7ff, 0xffff} { // of one, two and three bytes
		if lo <= most && most < hi {
			writeRange(b, lo, most)
			b.WriteByte('|')
			writeRange(b, most+1, hi)
			return
		}
	}
	for bits := rune(6); bits <= 18 && hi >= utf8.RuneSelf; bits += 6 { // of the bytes that continue a rune
		m := rune(1)<<bits - 1
		if lo&^m == hi&^m {
			continue
		}
		if lo&m != 0 {
			writeRange(b, lo, lo|m)
			b.WriteByte('|')
			writeRange(b, (lo|m)+1, hi)
			return
		}
		if hi&m != m {
			writeRange(b, lo, hi&^m-1)
			b.WriteByte('|')
			writeRange(b, hi&^m, hi)
			return
		}
	}
	first, last := bytesOf(lo), bytesOf(hi)
	for i := range first {
		fmt.Fprintf(b, `[\x%02X-\x%02X]`, first[i], last[i])
	}
}

// bytesOf returns the UTF-8 of a rune, which may be the number of a surrogate.
func bytesOf(r rune) []byte {
	if r >= 0xd800 && r < 0xe000 {
		return []byte{0xed, 0x80 | byte(r>>6)&0x3f, 0x80 | byte(r)&0x3f}
	}
	return utf8.AppendRune(nil, r)
}
