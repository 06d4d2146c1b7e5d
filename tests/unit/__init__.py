"""Unit tests of what runs in Lambda: in process, on moto, without a network."""
