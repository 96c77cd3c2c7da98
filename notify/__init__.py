"""notify: crisis and broadcast notification for race organisers."""
