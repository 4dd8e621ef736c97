"""What stands between the sockets and the web application: bodies read with a clock, places counted, an orderly end."""
