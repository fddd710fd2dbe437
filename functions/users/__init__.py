"""Users owns who a customer is to the shop: the profile and the addresses."""
