"""The gateway's faces: gRPC services, health and the web; the only room that knows protobuf and status codes."""
