"""What the services of the shop must agree on: the kernel that runs under every door."""
