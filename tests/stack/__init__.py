"""What is deployed, read from the synthesised template. No cloud."""
