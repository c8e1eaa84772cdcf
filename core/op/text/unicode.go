package text

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/enum"
)

// OnError says what becomes of what is no character.
type OnError uint8

// What becomes of it.
const (
	ErrorReplaced OnError = iota // another character stands for it
	ErrorIgnored                 // it is left out
	ErrorRefused                 // it is an error
	numOnErrors
)

var onErrorNames = [numOnErrors]string{"Replace", "Ignore", "Strict"}

// String returns the name.
func (e OnError) String() string { return enum.Name(e, onErrorNames[:]) }

// MarshalText writes the name, which stands for the OnError in JSON.
func (e OnError) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText parses a name.
func (e *OnError) UnmarshalText(b []byte) error {
	return enum.Parse(e, string(b), "choice for errors", onErrorNames[:])
}

// Tolerance is what is done with bytes that are no character.
type Tolerance struct {
	Errors          OnError `json:"errors"`
	Replacement     int64   `json:"replacement"`
	ReplaceControls bool    `json:"replace_controls,omitempty"` // characters up to U+001F are errors
}

// check checks a constraint: that the choice and the replacement are known.
func (e *Tolerance) check(constraint string) error {
	if e.Errors >= numOnErrors || e.Replacement < 0 || e.Replacement > unicode.MaxRune {
		return core.Violation(constraint, -1, "got %v and the replacement %#x, want a choice and a character",
			e.Errors, e.Replacement)
	}
	return nil
}

// keep returns the character that stands for r, which is bad if it was not one; false if there is none.
func (e *Tolerance) keep(constraint string, r rune, bad bool) (rune, bool, error) {
	refused := bad && e.Errors == ErrorRefused
	switch bad = bad || e.ReplaceControls && r <= 0x1f; {
	case refused:
		return 0, false, core.Violation(constraint, 0, "got bytes or a number that are no character")
	case !bad:
		return r, true, nil
	case e.Errors == ErrorIgnored:
		return 0, false, nil
	}
	return rune(e.Replacement), true, nil
}

// decoder returns the first character of a string that is not empty, of how many bytes it is, and whether these are no
// character.
type decoder func(s string) (r rune, n int, bad bool)

// decoders are those of the encodings, by the names that ICU gives them without case, hyphens, spaces and underscores.
var decoders = map[string]decoder{
	"utf8": decodeUTF8, "utf16be": decodeUTF16(binary.BigEndian), "utf16le": decodeUTF16(binary.LittleEndian),
	"utf32be": decodeUTF32(binary.BigEndian), "utf32le": decodeUTF32(binary.LittleEndian),
	"usascii": decodeASCII, "ascii": decodeASCII, "iso88591": decodeLatin1, "latin1": decodeLatin1,
}

// decoderOf returns that of an encoding; nil if it is not known.
func decoderOf(encoding string) decoder {
	return decoders[strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(encoding))]
}

// decodeUTF8 takes the bytes that may begin a character, but are none, for one error.
func decodeUTF8(s string) (rune, int, bool) {
	r, n := utf8.DecodeRuneInString(s)
	if r != utf8.RuneError || n > 1 {
		return r, n, false
	}
	for n < len(s) && n < 4 && begins(s[:n+1]) {
		n++
	}
	return utf8.RuneError, n, true
}

// begins reports whether bytes are the beginning of a character of UTF-8 that has more.
func begins(s string) bool {
	for _, rest := range []string{"\x80", "\xbf", "\x80\x80", "\xbf\xbf"} {
		if utf8.ValidString(s+rest) && utf8.RuneCountInString(s+rest) == 1 {
			return true
		}
	}
	return false
}

func decodeUTF16(order binary.ByteOrder) decoder {
	return func(s string) (rune, int, bool) {
		if len(s) < 2 {
			return utf8.RuneError, len(s), true
		}
		r := rune(order.Uint16([]byte(s[:2])))
		switch {
		case !utf16.IsSurrogate(r):
			return r, 2, false
		case r >= 0xdc00:
			return utf8.RuneError, 2, true
		case len(s) < 4:
			return utf8.RuneError, len(s), true
		}
		if r = utf16.DecodeRune(r, rune(order.Uint16([]byte(s[2:4])))); r == utf8.RuneError {
			return r, 2, true
		}
		return r, 4, false
	}
}

func decodeUTF32(order binary.ByteOrder) decoder {
	return func(s string) (rune, int, bool) {
		if len(s) < 4 {
			return utf8.RuneError, len(s), true
		}
		v := order.Uint32([]byte(s[:4]))
		if v > unicode.MaxRune || utf16.IsSurrogate(rune(v)) {
			return utf8.RuneError, 4, true
		}
		return rune(v), 4, false
	}
}

func decodeASCII(s string) (rune, int, bool) {
	if s[0] >= utf8.RuneSelf {
		return utf8.RuneError, 1, true
	}
	return rune(s[0]), 1, false
}

func decodeLatin1(s string) (rune, int, bool) { return rune(s[0]), 1, false }

// appenders append a character in an encoding that ops write.
var appenders = map[string]func(b []byte, r rune) []byte{
	"UTF-8": utf8.AppendRune,
	"UTF-16-BE": func(b []byte, r rune) []byte {
		for _, unit := range utf16.AppendRune(nil, r) {
			b = binary.BigEndian.AppendUint16(b, unit)
		}
		return b
	},
	"UTF-32-BE": func(b []byte, r rune) []byte { return binary.BigEndian.AppendUint32(b, uint32(r)) },
}
