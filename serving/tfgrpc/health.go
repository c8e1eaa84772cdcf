package tfgrpc

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/tf2ng/tf2ng/serving"
	"github.com/tf2ng/tf2ng/serving/tfgrpc/internal/stubs"
)

// watchInterval is how often Watch checks the health for changes.
const watchInterval = 100 * time.Millisecond

// healthService reports the health of a Manager: SERVING while the Manager is ready.
type healthService struct {
	grpc_health_v1.UnimplementedHealthServer
	manager *serving.Manager
}

// of returns the health of a service. It is not ok if there is no service of that name.
func (h *healthService) of(service string) (s grpc_health_v1.HealthCheckResponse_ServingStatus, ok bool) {
	switch service {
	case "", stubs.PredictionService_ServiceDesc.ServiceName, stubs.ModelService_ServiceDesc.ServiceName:
	default:
		return grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN, false
	}
	if h.manager.Ready() {
		return grpc_health_v1.HealthCheckResponse_SERVING, true
	}
	return grpc_health_v1.HealthCheckResponse_NOT_SERVING, true
}

// Check returns the health of a service.
func (h *healthService) Check(_ context.Context, r *grpc_health_v1.HealthCheckRequest) (
	*grpc_health_v1.HealthCheckResponse, error,
) {
	s, ok := h.of(r.GetService())
	if !ok {
		return nil, status.Error(codes.NotFound, "unknown service")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: s}, nil
}

// List returns the health of all services.
func (h *healthService) List(context.Context, *grpc_health_v1.HealthListRequest) (
	*grpc_health_v1.HealthListResponse, error,
) {
	list := &grpc_health_v1.HealthListResponse{Statuses: map[string]*grpc_health_v1.HealthCheckResponse{}}
	for _, name := range []string{
		"", stubs.PredictionService_ServiceDesc.ServiceName, stubs.ModelService_ServiceDesc.ServiceName,
	} {
		s, _ := h.of(name)
		list.Statuses[name] = &grpc_health_v1.HealthCheckResponse{Status: s}
	}
	return list, nil
}

// Watch sends the health of a service at once, and again whenever it changes.
func (h *healthService) Watch(r *grpc_health_v1.HealthCheckRequest,
	stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse],
) error {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	last := grpc_health_v1.HealthCheckResponse_ServingStatus(-1)
	for {
		if s, _ := h.of(r.GetService()); s != last {
			last = s
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: s}); err != nil {
				return err
			}
		}
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-tick.C:
		}
	}
}
