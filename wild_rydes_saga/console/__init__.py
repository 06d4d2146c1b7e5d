"""The console: a web page on 127.0.0.1 that shows a deployed stack's rides while they run, and starts and ends them."""
