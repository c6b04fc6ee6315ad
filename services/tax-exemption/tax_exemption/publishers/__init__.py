"""The events that tax-exemption publishes."""
