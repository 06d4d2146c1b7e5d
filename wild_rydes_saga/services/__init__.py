"""The services: fares, payments, accounts and notifications, each a construct with its tasks."""
