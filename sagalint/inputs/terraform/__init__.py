"""Reads state machines out of Terraform: its files, and what `terraform show -json` writes."""
