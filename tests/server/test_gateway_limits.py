"""What the gateway allows itself at the start."""

from __future__ import annotations

import resource

from courtside_server.gateway import raise_descriptor_limit


def test_the_limit_of_open_files_is_raised_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        raise_descriptor_limit()
        now, still = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert still == hard
        assert now == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == now
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
