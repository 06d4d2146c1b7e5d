"""The bill of a ride: every call recorded on a local cloud, counted, and priced with AWS's own list."""
