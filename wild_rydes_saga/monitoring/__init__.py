"""The dashboard, its alarms, and the metrics that both watch."""
