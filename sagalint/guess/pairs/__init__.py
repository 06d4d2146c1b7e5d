"""Which states undo which, by their names, their functions, and the course of the machine."""
