"""What tests of the console need: a console in this process, and a browser."""
