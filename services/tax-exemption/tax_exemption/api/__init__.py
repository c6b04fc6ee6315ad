"""The HTTP interface of tax-exemption."""
