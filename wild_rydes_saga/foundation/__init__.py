"""What services are built from: encryption, roles, security rules, functions, tables, queues and timeouts."""
