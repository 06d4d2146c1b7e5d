"""An operator's work on rides: find the open ones, report on one, recover it."""
