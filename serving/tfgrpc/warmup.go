package tfgrpc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/tf2ng/tf2ng/serving"
)

// Bounds for a file of warm-up requests. TensorFlow Serving, too, answers at most 1000 of them.
const (
	maxWarmupRecords = 1000
	maxWarmupBytes   = 512 << 20
)

// ReadWarmup reads tf_serving_warmup_requests, a TFRecord file of PredictionLog messages. Each of them must
// contain a PredictLog.
func ReadWarmup(path string) ([]serving.Request, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readWarmup(bufio.NewReader(f))
}

func readWarmup(r io.Reader) ([]serving.Request, error) {
	lease, err := serving.NewManager(serving.Options{MaxBytes: maxWarmupBytes}).Begin()
	if err != nil {
		return nil, err
	}
	defer lease.End()
	var list []serving.Request
	for {
		data, err := record(r, lease)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", len(list), err)
		}
		if len(list) == maxWarmupRecords {
			return nil, fmt.Errorf("there are more than %d records", maxWarmupRecords)
		}
		var log apis_go_proto.PredictionLog
		if err := proto.Unmarshal(data, &log); err != nil {
			return nil, fmt.Errorf("record %d: %w", len(list), err)
		}
		p := log.GetPredictLog()
		if p == nil {
			return nil, fmt.Errorf("record %d: want a predict_log; others are not supported", len(list))
		}
		request, err := requestOf(lease, p.GetRequest())
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", len(list), err)
		}
		list = append(list, *request)
	}
}

// castagnoli returns the CRC-32C table for the checksums. It is made when it is first used.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// masked returns the masked CRC-32C that TFRecord files store for some bytes.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli())
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// record reads the next record of a TFRecord file. At the end of the file it returns io.EOF.
func record(r io.Reader, lease *serving.Lease) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err // io.EOF at the end of the file
	}
	if binary.LittleEndian.Uint32(head[8:]) != masked(head[:8]) {
		return nil, errors.New("the length's checksum is wrong")
	}
	n := binary.LittleEndian.Uint64(head[:8])
	if n > maxWarmupBytes {
		return nil, fmt.Errorf("it has %d bytes, want at most %d", n, maxWarmupBytes)
	}
	if err := lease.Take(int64(n)); err != nil {
		return nil, err
	}
	data := make([]byte, n+4)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if binary.LittleEndian.Uint32(data[n:]) != masked(data[:n]) {
		return nil, errors.New("the checksum is wrong")
	}
	return data[:n], nil
}
