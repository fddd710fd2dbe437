"""The workshop: generators, the local cloud, importers and the demonstration."""
