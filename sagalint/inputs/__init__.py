"""Reads state machines as they lie in a repository: ASL, templates, Terraform, the Serverless Framework, folders."""
