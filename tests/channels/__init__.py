"""Tests of the channels, each against the simulator's real protocols."""
