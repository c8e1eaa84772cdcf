package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/reflection"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
)

// maxHeader bounds the header of a REST request.
const maxHeader = 64 << 10

// servers are the gRPC and HTTP servers that accept requests.
type servers struct {
	grpc   *grpc.Server
	http   []*http.Server
	failed chan error // receives the error of a server that ends without being stopped
	log    *slog.Logger
}

// listen opens the listeners, and starts all servers.
func (c *serveCommand) listen(m *serving.Manager, log *slog.Logger) (_ *servers, err error) {
	s := &servers{failed: make(chan error, 8), log: log}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := c.listenGRPC(s, m); err != nil {
		return nil, err
	}
	if c.RESTPort != 0 {
		o := serving.RESTOptions{
			Timeout: time.Duration(c.RESTTimeout) * time.Millisecond, MaxBody: c.MaxMessage, CORS: c.CORS,
		}
		if c.Monitoring != "" {
			if o.Metrics, err = tfgrpc.ReadMonitoring(c.Monitoring); err != nil {
				return nil, err
			}
		}
		if err := s.listenHTTP("REST", ":"+strconv.Itoa(c.RESTPort), m.Handler(o)); err != nil {
			return nil, err
		}
	}
	if c.Pprof != "" {
		host, _, err := net.SplitHostPort(c.Pprof)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("--pprof: got %q, want a local address such as 127.0.0.1:6060", c.Pprof)
		}
		if err := s.listenHTTP("profiles", c.Pprof, profiles()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c *serveCommand) listenGRPC(s *servers, m *serving.Manager) error {
	options := append(tfgrpc.ServerOptions(), grpc.MaxRecvMsgSize(int(c.MaxMessage)))
	if c.SSL != "" {
		config, err := tfgrpc.ReadTLS(c.SSL)
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	s.grpc = grpc.NewServer(options...)
	tfgrpc.Register(s.grpc, m)
	reflection.Register(s.grpc)
	for _, at := range []struct {
		network, address string
		wanted           bool
	}{
		{"tcp", ":" + strconv.Itoa(c.Port), c.Port != 0},
		{"unix", c.GRPCSocket, c.GRPCSocket != ""},
	} {
		if !at.wanted {
			continue
		}
		l, err := net.Listen(at.network, at.address)
		if err != nil {
			return err
		}
		s.log.Info("listening", "api", "gRPC", "address", l.Addr().String(), "tls", c.SSL != "")
		go func() {
			if err := s.grpc.Serve(l); err != nil {
				s.failed <- err
			}
		}()
	}
	return nil
}

func (s *servers) listenHTTP(api, address string, h http.Handler) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.http = append(s.http, server)
	s.log.Info("listening", "api", api, "address", l.Addr().String())
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return nil
}

// profiles returns a handler that serves Go's profiles.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// drain stops accepting requests and waits for those in flight, but not longer than the timeout.
func (s *servers) drain(timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var all sync.WaitGroup
	for _, h := range s.http {
		all.Go(func() {
			if err := h.Shutdown(ctx); err != nil {
				s.log.Warn("requests were cut off", "error", err)
			}
		})
	}
	all.Go(func() {
		done := make(chan struct{})
		go func() {
			s.grpc.GracefulStop()
			close(done)
		}()
		select {
		case <-done:
		case <-ctx.Done():
			s.log.Warn("requests were cut off", "error", ctx.Err())
			s.grpc.Stop()
			<-done
		}
	})
	all.Wait()
}

// close stops all servers at once, without waiting for requests.
func (s *servers) close() {
	if s.grpc != nil {
		s.grpc.Stop()
	}
	for _, h := range s.http {
		_ = h.Close()
	}
}
