"""What a state machine is: its states, the ways out of them, the errors that they raise, what AWS refuses."""
