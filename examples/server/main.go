// Command server runs a model for clients over HTTP.
//
//	server -model model.pb [-addr localhost:8080] [-runs 4] [-timeout 10s] [-memory 256]
//
// POST /run takes the inputs and returns the outputs. Both are JSON objects that have, for each name, a
// shape and the elements in row-major order.
//
//	curl localhost:8080/run -d '{"x": {"shape": [1, 4], "values": [0, 0.5, 1, 2]}}'
//	{"y:0":{"shape":[1,2],"values":[0.25,0.75]}}
//
// GET /model describes the inputs and outputs. POST /reload, or SIGHUP, loads the model's file again. To
// replace the file, write a new one beside it and rename that into place. Requests do not fail during a
// reload. Make /reload accessible only to those who may replace the model.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tf2ng/tf2ng"
	_ "github.com/tf2ng/tf2ng/bridge/tf/pbtxt" // to read GraphDefs in text format
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	if err := run(ctx, os.Args[1:], reload); err != nil {
		log.Fatal(err)
	}
}

// run is the whole program: it serves until ctx is done, and loads the model again whenever it receives from
// reload.
func run(ctx context.Context, args []string, reload <-chan os.Signal) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	path := flags.String("model", "", "the model, a .pb, .pbtxt or .ng file")
	addr := flags.String("addr", "localhost:8080", "where to listen")
	runs := flags.Int("runs", 4, "runs at the same time; others wait")
	timeout := flags.Duration("timeout", 10*time.Second, "of one request")
	memory := flags.Int64("memory", 256, "MiB that the tensors of one run may take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *runs < 1 {
		return fmt.Errorf("-runs: got %d, want at least 1", *runs)
	}
	if *memory < 1 || *memory > 1<<30 {
		return fmt.Errorf("-memory: got %d, want 1 to %d", *memory, 1<<30)
	}
	s, err := newServer(*path, *runs, *timeout, tf2ng.WithMemoryLimit(*memory<<20))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return errors.Join(err, s.close())
	}
	log.Printf("serving %s on http://%s", *path, l.Addr())
	return errors.Join(serve(ctx, l, s, reload), s.close())
}

// serve answers requests until ctx is done, and then waits for the requests in flight.
func serve(ctx context.Context, l net.Listener, s *server, reload <-chan os.Signal) error {
	h := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	for {
		select {
		case err := <-ended:
			return err
		case <-reload:
			if err := s.reload(); err != nil {
				log.Printf("reload: %v; the model stays", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.Background(), s.timeout)
			defer cancel()
			return h.Shutdown(last)
		}
	}
}
