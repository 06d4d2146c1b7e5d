"""The auditor: judges rides by tables, queues and the gateway's book alone. It trusts no execution's status."""
