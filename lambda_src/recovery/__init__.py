"""The recovery: inspects executions that ended badly, and finds those whose events were lost."""
