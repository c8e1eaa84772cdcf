package tensorflow

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// A frame is the unit sent over a pipe: a JSON header and a payload. child.py describes the format.
const (
	frameMagic = "TF2N"
	frameHead  = 16 // bytes before the header

	maxHeader = 64 << 20 // the largest header, in bytes
)

// errNoFrame reports bytes that do not begin a frame.
type errNoFrame struct{ got []byte }

func (e *errNoFrame) Error() string { return fmt.Sprintf("got %.60q, want a frame", e.got) }

// writeFrame writes a header and the parts of its payload.
func writeFrame(w io.Writer, header any, parts ...[]byte) error {
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	head := binary.LittleEndian.AppendUint32([]byte(frameMagic), uint32(len(text)))
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	for _, p := range append([][]byte{append(head, text...)}, parts...) {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// readFrame reads a frame: it decodes the header into header, and returns the payload, which may have at most
// limit bytes.
func readFrame(r io.Reader, header any, limit int64) ([]byte, error) {
	var head [frameHead]byte
	n, err := io.ReadFull(r, head[:])
	if n > 0 && string(head[:min(n, len(frameMagic))]) != frameMagic[:min(n, len(frameMagic))] {
		return nil, &errNoFrame{head[:n]}
	}
	if err != nil {
		return nil, err
	}
	text := binary.LittleEndian.Uint32(head[4:])
	size := binary.LittleEndian.Uint64(head[8:])
	if text > maxHeader {
		return nil, fmt.Errorf("got a header of %d bytes, the limit is %d", text, maxHeader)
	}
	if size > uint64(limit) {
		return nil, fmt.Errorf("got a payload of %d bytes, the limit is %d", size, limit)
	}
	b := make([]byte, text)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, header); err != nil {
		return nil, fmt.Errorf("header %.60q: %w", b, err)
	}
	payload := make([]byte, size)
	_, err = io.ReadFull(r, payload)
	return payload, err
}
