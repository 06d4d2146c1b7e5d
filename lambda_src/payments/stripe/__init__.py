"""Stripe as the payment gateway: PaymentIntents that are captured by hand, through Stripe's own SDK."""
