"""Sinks: events pushed to webhooks, MQTT brokers and vMix, each at its own pace."""
