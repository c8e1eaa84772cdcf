package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tf2ng/tf2ng/core"
)

// textPattern matches NumPy's names for strings of one length: bytes, and characters of 32 bits.
var textPattern = regexp.MustCompile(`^(?:\|(S)|<(U))([1-9]\d{0,8})$`)

// textOf returns how many bytes each string has; 0 if descr is not the name of a type of strings.
func textOf(descr string) (width int, characters bool) {
	m := textPattern.FindStringSubmatch(descr)
	if m == nil {
		return 0, false
	}
	width, _ = strconv.Atoi(m[3]) // nine digits at most
	if m[2] != "" {
		return 4 * width, true
	}
	return width, false
}

// readStrings reads n strings of width bytes each, which zeros at their ends do not belong to.
func readStrings(r io.Reader, n, width int, characters bool) ([]string, error) {
	list, one := make([]string, n), make([]byte, width)
	for i := range list {
		if _, err := io.ReadFull(r, one); err != nil {
			return nil, err
		}
		if characters {
			list[i] = utf8Of(one)
		} else {
			list[i] = string(bytes.TrimRight(one, "\x00"))
		}
	}
	return list, nil
}

// utf8Of returns characters of 32 bits as UTF-8.
func utf8Of(b []byte) string {
	var text strings.Builder
	zeros := 0 // that belong to the string if a character follows
	for ; len(b) > 0; b = b[4:] {
		c := binary.LittleEndian.Uint32(b)
		if c == 0 {
			zeros++
			continue
		}
		text.WriteString(strings.Repeat("\x00", zeros))
		text.WriteRune(rune(c))
		zeros = 0
	}
	return text.String()
}

// bytesOf returns strings as bytes, width for each.
func bytesOf(list []string) (data []byte, width int, err error) {
	width = 1
	for _, s := range list {
		if strings.HasSuffix(s, "\x00") {
			return nil, 0, fmt.Errorf(".npy files cannot hold strings that end with zeros: %.40q", s)
		}
		width = max(width, len(s))
	}
	if width > core.MaxElements/max(len(list), 1) {
		return nil, 0, fmt.Errorf("%d strings of %d bytes are too many for a .npy file", len(list), width)
	}
	data = slices.Grow(data, len(list)*width)
	for _, s := range list {
		data = append(data, s...)
		data = append(data, make([]byte, width-len(s))...)
	}
	return data, width, nil
}
