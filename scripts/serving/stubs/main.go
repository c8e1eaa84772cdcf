// Command stubs regenerates the service stubs of package serving/tfgrpc: protoc-gen-go-grpc generates them from the
// descriptors that graft's messages register. With -check it writes nothing, and fails if the existing stubs differ.
//
//	go run ./scripts/serving/stubs [-check]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wamuir/graft/tensorflow/serving/apis_go_proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	plugin = "google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2"
	dir    = "serving/tfgrpc/internal/stubs"
	pkg    = "github.com/tf2ng/tf2ng/" + dir

	tensorflow = "github.com/tensorflow/tensorflow/tensorflow/go/"
	graft      = "github.com/wamuir/graft/tensorflow/"
)

func main() {
	check := flag.Bool("check", false, "fail when the stubs differ")
	flag.Parse()
	if err := run(*check); err != nil {
		log.Fatal(err)
	}
}

func run(check bool) error {
	files, err := generate(
		apis_go_proto.File_tensorflow_serving_apis_prediction_service_proto,
		apis_go_proto.File_tensorflow_serving_apis_model_service_proto,
	)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.Base(f.GetName()))
		if !check {
			if err := os.WriteFile(path, []byte(f.GetContent()), 0o644); err != nil {
				return err
			}
			continue
		}
		have, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if string(have) != f.GetContent() {
			return fmt.Errorf("%s is not what %s makes: run go run ./scripts/serving/stubs", path, plugin)
		}
	}
	return nil
}

// generate returns the stubs of the services in files.
func generate(services ...protoreflect.FileDescriptor) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	request := &pluginpb.CodeGeneratorRequest{}
	var parameters []string
	seen := map[string]bool{}
	for _, s := range services {
		request.FileToGenerate = append(request.FileToGenerate, s.Path())
		parameters = append(parameters, "M"+s.Path()+"="+pkg+";stubs")
		request.ProtoFile = append(request.ProtoFile, withImports(s, seen)...)
	}
	for _, f := range request.ProtoFile { // graft moved the packages but did not change the descriptors
		if rest, moved := strings.CutPrefix(f.GetOptions().GetGoPackage(), tensorflow); moved {
			f.Options.GoPackage = proto.String(graft + rest)
		}
	}
	request.Parameter = proto.String(strings.Join(parameters, ","))
	in, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", "run", plugin)
	command.Stdin, command.Stderr = bytes.NewReader(in), os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plugin, err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return nil, err
	}
	if response.Error != nil {
		return nil, fmt.Errorf("%s: %s", plugin, response.GetError())
	}
	return response.File, nil
}

// withImports returns a file, preceded by the files that it imports.
func withImports(f protoreflect.FileDescriptor, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	if seen[f.Path()] {
		return nil
	}
	seen[f.Path()] = true
	var list []*descriptorpb.FileDescriptorProto
	for i := range f.Imports().Len() {
		list = append(list, withImports(f.Imports().Get(i).FileDescriptor, seen)...)
	}
	return append(list, protodesc.ToFileDescriptorProto(f))
}
