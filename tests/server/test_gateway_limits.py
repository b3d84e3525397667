"""What the gateway allows itself at the start."""

from __future__ import annotations

import resource

from courtside_server.api.connection_limits import connection_limits, raise_descriptor_limit


def test_the_limit_of_open_files_is_raised_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        assert raise_descriptor_limit() == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
        now, still = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert still == hard
        assert now == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == now
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_leave_files_for_the_log_and_the_models() -> None:
    for descriptors in (64, 256, 1024, 4096, 65_536):
        limits = connection_limits(descriptors, 2048)
        assert limits.grpc >= 1 and limits.http >= 1
        assert limits.grpc + limits.http <= descriptors - 40
    assert connection_limits(65_536, 100).grpc == 100
