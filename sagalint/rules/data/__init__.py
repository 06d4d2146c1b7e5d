"""The rules about data: what is read, what is kept, and where secrets go."""
