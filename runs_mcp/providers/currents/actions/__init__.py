"""What can be done to a Currents run and not simply be undone: an action for the guard each."""
