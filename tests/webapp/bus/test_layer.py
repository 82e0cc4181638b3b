from __future__ import annotations

from channels.layers import get_channel_layer

from webapp.bus.layer import ChannelLayer


def test_a_quiet_socket_outlives_the_layers_blocking_read() -> None:
    layer = get_channel_layer()
    assert isinstance(layer, ChannelLayer)
    assert layer.create_pool(0).connection_kwargs["socket_timeout"] > layer.brpop_timeout
