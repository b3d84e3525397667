"""The gateway's interfaces: gRPC services, health and HTTP. Only this package uses protobuf and status codes."""
