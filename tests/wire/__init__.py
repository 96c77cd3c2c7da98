"""Tests of the HTTP client, against a server that says what it is told to."""
