"""Fakes that obey the ports' contracts, for tests of what stands above the channels."""
