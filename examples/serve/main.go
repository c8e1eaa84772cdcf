// Command serve serves the versions of one model to TensorFlow Serving's gRPC and REST clients.
//
//	serve -model digits -base models/digits
//
// The base directory has a subdirectory for each version, named by its number: models/digits/1/model.pb.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"

	"google.golang.org/grpc"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/tfgrpc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// run is the whole program: it serves until ctx is done.
func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	name := flags.String("model", "default", "the model's name")
	base := flags.String("base", "", "the directory of its versions")
	grpcAddress := flags.String("grpc", "127.0.0.1:8500", "address of the gRPC API")
	restAddress := flags.String("rest", "127.0.0.1:8501", "address of the REST API")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m := serving.NewManager(serving.Options{Batching: &serving.Batching{MaxBatchSize: 32}})
	defer m.Close()
	config := serving.Config{Models: []serving.ModelConfig{{Name: *name, BasePath: *base}}}
	if err := m.Reload(ctx, config); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *grpcAddress)
	if err != nil {
		return err
	}
	s := grpc.NewServer(tfgrpc.ServerOptions()...)
	tfgrpc.Register(s, m)
	rest := &http.Server{Addr: *restAddress, Handler: m.Handler(serving.RESTOptions{})}
	go func() {
		<-ctx.Done()
		_ = rest.Shutdown(context.Background())
		s.GracefulStop()
	}()
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	if err := rest.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return <-failed
}
