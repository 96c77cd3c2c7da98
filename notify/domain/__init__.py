"""Rules of the product: standard library only, no clock, no I/O, no framework, no logging."""
