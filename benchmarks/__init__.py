"""Measurements of the product on this machine; every figure is printed with machine and commit."""
