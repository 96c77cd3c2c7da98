"""The benchmarks run and print what they promise; how fast they are decides nothing here."""
