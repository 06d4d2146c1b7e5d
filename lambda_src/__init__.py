"""Code that runs in AWS Lambda: the payments and accounts services."""
