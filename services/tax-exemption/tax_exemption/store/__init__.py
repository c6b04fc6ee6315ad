"""Tables and queries of tax-exemption."""
