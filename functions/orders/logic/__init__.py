"""What orders can be asked to do: take a checkout, play its part in the machine, and keep orders."""
