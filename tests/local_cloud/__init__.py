"""Rides on the local cloud, on the machine as deployed."""
