"""The console without a cloud."""
