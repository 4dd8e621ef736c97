"""The worker's side: real processes under the wrapper, a real server, a mock of the metadata service."""
