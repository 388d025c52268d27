"""The wire with things that go wrong on purpose, for tests and benchmarks of clients. Not part of the distribution."""
