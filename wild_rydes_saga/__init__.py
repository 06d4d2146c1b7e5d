"""The Wild Rydes fare saga on AWS Step Functions, as a CDK app."""
