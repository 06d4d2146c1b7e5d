"""Walks, a failing network and AWS at its worst, with Stripe as the gateway."""
