"""Gateway addresses are checked before anything is sent."""

from __future__ import annotations

import pytest

from courtside_client.channel import gateway_address
from courtside_client.errors import BadName


@pytest.mark.parametrize("text", ["localhost", "h:0", "h:99999"])
def test_a_gateway_address_needs_a_host_and_a_port(text):
    with pytest.raises(BadName, match="HOST:PORT"):
        gateway_address(text)
