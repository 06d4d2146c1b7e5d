"""A deployed stack seen from outside, on the local cloud or on AWS."""
