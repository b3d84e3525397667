"""Courtside's wire contract: the generated protobuf and gRPC Python lives in ``courtside.v1``."""
