"""The recovery: looks at executions that ended otherwise than they should, and finds those that nobody told of."""
