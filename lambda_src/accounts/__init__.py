"""The accounts service: credits the customer's account and reverses the credit."""
