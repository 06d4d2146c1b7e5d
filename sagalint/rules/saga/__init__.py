"""The rules about a saga as a whole, checked on every path: what is done, undone and reported, and how it ends."""
