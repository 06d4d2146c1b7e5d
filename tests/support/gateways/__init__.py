"""What every gateway must do, as one suite of tests, and what runs it against a gateway."""
