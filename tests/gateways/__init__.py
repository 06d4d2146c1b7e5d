"""Every gateway, against the suite of what the payments service needs."""
