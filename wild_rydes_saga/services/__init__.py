"""The services fares, payments, accounts and notifications: each is a construct with its tasks."""
